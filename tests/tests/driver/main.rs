//! How a scope polls, and what it never does.
#![forbid(unsafe_code)]

mod a_body_comes_behind_those_that_were_woken_before_it;
mod a_pass_is_bounded;
mod always_ready_children_do_not_hide_the_deadline;
mod children_are_polled_in_the_order_of_waking;
mod hostile_wakers_leave_the_scope_usable;
mod many_end_one_by_one;
mod nothing_is_polled_that_was_not_woken;
mod polls_stay_linear_under_tokio;
mod user_code_never_runs_under_a_lock;
mod wakers_may_use_the_scope;
