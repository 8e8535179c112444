//! Who is running, and what it was given on the way: known to free functions on every executor.
#![forbid(unsafe_code)]

mod keys_follow_children;
mod the_innermost_task;
