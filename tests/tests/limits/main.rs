//! Limits and rates: how many run at once, how often one starts, and which is next.
#![forbid(unsafe_code)]

mod many_are_cancelled_one_by_one;
mod never_more_than_n_at_once;
mod places_are_given_back;
mod spawning_from_many_threads;
mod waits_that_end_early_leave_the_queue;
mod wakers_that_act_as_they_are_cloned;
