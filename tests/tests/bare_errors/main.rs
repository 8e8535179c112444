//! From what a scope reports to the caller's own error: `?` in the functions that applications write.
#![forbid(unsafe_code)]
#![allow(
    clippy::needless_question_mark,
    clippy::unused_async,
    reason = "`?` and async functions are what is tried"
)]

mod of_one_task;
mod the_error_itself_comes_out;
mod the_first_error_of_a_call;
mod the_question_mark;
mod what_reason_says;
