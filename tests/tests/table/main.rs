//! What ends a scope, times what is in it: what is polled, dropped and run, and in which order.
//!
//! One file per cause, one test per cell. The expected logs are written out by hand.
#![forbid(unsafe_code)]

#[macro_use]
mod scenario;

mod body_panics;
mod body_returns;
mod child_fails;
mod child_panics;
mod deadline_fires;
mod future_is_dropped;
mod parent_is_cancelled;
mod token_is_cancelled;
