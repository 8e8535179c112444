//! What children may borrow, what a scope and its handles may be moved to, and what a task tells.
#![forbid(unsafe_code)]

mod auto_traits;
mod children_borrow_from_the_caller;
mod local_scopes;
mod names_and_ids;
mod scopes_move_between_threads;
mod tasks_tell_how_it_went;
