//! A scope, a gather, a timeout or a wait belongs to what surrounds its current poll, and to nothing it was polled in before.
#![forbid(unsafe_code)]

mod cancelled_and_moved;
mod matrix;
mod moved;
mod timeouts_over_a_reference;
mod timeouts_that_own;
