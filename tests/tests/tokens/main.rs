//! Tokens, and the children with a life of their own: started, in the background, in scopes that outlive a function.
#![forbid(unsafe_code)]

mod a_tree_of_tokens;
mod daemons;
mod dropped_early;
mod open_scopes;
mod running_until_cancelled;
mod shutting_down;
mod starting_a_child;
mod tokens_and_scopes;
