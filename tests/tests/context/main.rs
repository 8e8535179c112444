//! The current task, and the values that it inherits: known to free functions on every executor.
#![forbid(unsafe_code)]

mod destructors;
mod keys_follow_children;
mod the_innermost_task;
