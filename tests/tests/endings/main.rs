//! What holds for every end: when an awaited scope resolves, what it has started has ended, however deep; what waited to be
//! told was told; finalizers have run; and `Ok` does not hide work that something else stopped.
#![forbid(unsafe_code)]

mod a_later_grace_is_bounded_by_the_first;
mod a_policy_is_told_that_others_stopped_it;
mod finalizers_run_after_a_grace;
mod finalizers_run_in_a_shutdown;
mod nothing_is_left_behind;
mod nothing_is_left_behind_whatever_ends_it;
mod ok_hides_no_work_that_something_else_stopped;
mod waits_on_tokens_are_told;
mod waits_on_tokens_keep_no_scope_inside;

mod work;
