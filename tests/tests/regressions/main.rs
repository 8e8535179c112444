//! Defects that were found by reading the contract against the code: one module each, named for the promise it broke.
#![forbid(unsafe_code)]

mod a_cancelled_task_leaves_nothing_behind;
mod a_destructors_panic_reaches_the_scope_around;
mod a_gather_gives_its_surroundings_back;
mod a_shutdown_before_the_first_poll_follows_the_clock_around;
mod a_shutdown_is_bounded_by_its_grace;
mod a_stay_ends_with_the_shutdown;
mod a_token_is_released_whatever_the_last_waker_does;
mod polling_again_after_a_panic_says_so;
mod the_first_reason_stays;
mod waiting_for_the_scope_holds_against_nobody_else;
mod who_has_the_value_waits_no_longer;
