//! Defects that were found by reading the contract against the code: one module each, named for the promise it broke.
#![forbid(unsafe_code)]

mod a_cancelled_task_leaves_nothing_behind;
mod a_token_is_released_whatever_the_last_waker_does;
mod the_first_reason_stays;
mod waiting_for_the_scope_holds_against_nobody_else;
