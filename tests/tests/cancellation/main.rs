//! Cancellation: which tasks are dropped, told and waited for, and in which order.
#![forbid(unsafe_code)]

mod a_child_that_cancels_itself;
mod a_hundred_thousand_children;
mod cancelling_a_scope;
mod cancelling_one_task;
mod checkpoints;
mod finalizers;
mod grace;
mod scopes_without_a_value_for_it;
mod shields;
mod tasks_that_can_never_yield;
mod the_body_holds_too;
mod waiting_to_be_told;
