//! Deadlines: of one scope, moved, nested, hidden; and the timers behind them.
#![forbid(unsafe_code)]

mod a_policy_may_keep_partial_results;
mod a_scope_with_a_deadline;
mod deadlines_can_be_moved;
mod deadlines_nest;
mod no_timer_before_a_wait;
mod outside_any_scope;
mod shield_hides_the_outer_deadline;
mod the_timers_of_the_runtimes;
mod timeout_is_a_scope_of_its_own;
mod what_asks_late;
