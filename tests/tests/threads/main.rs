//! Threads that may block: one closure for a task, a thread that waits for a token, and the runtime that serves here.
#![forbid(unsafe_code)]

mod a_closure_for_a_task;
mod closures_by_hand;
mod the_runtime_here;
mod waiting_for_a_token;
