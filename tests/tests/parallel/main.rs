//! Children that run outside the scope's task: on the executor's threads, and on those that may block.
#![forbid(unsafe_code)]

mod a_child_being_polled_elsewhere;
mod a_hold_released_on_another_thread;
mod blocking_children;
mod blocking_children_and_cancellation;
mod cancellation_reaches_it_anywhere;
mod executors_that_break_their_promises;
mod executors_that_drop_as_they_are_woken;
mod executors_that_fail;
mod executors_that_refuse;
mod it_belongs_to_the_scope;
mod it_runs_on_the_executor;
mod limits_count_it;
mod names;
mod pools_that_fail;
mod two_runtimes_at_once;
mod without_an_executor;
