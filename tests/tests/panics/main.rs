//! A panic in a child, a body or a destructor reaches the caller once, and no other task ends by it.
#![forbid(unsafe_code)]

mod a_panic_in_a_destructor;
mod a_panic_of_a_child;
mod a_panic_of_the_body;
mod of_two_panics_the_first_goes_on;
mod payloads;
