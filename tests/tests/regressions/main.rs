//! Defects that were found by reading the contract against the code: one module each, named for the promise it broke.
#![forbid(unsafe_code)]

mod a_cancelled_task_leaves_nothing_behind;
