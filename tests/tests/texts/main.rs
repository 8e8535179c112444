//! What errors, handles and futures say when they are printed: what a reader looks for, and nothing that needs the
//! user's types to be printable.
#![forbid(unsafe_code)]

mod errors;
mod futures_of_one;
mod gathers;
mod policies;
mod scopes_and_handles;
mod what_is_given_back;

/// A type of the user's that can be printed in no way.
struct Unprintable;
