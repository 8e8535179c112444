//! The first failure ends a fail-fast scope, at once, and is not lost.
#![forbid(unsafe_code)]

mod errors_tell_what_happened;
mod failures_and_the_scopes_around;
mod it_ends_in_the_poll_of_the_failure;
mod later_failures_are_kept_in_order;
mod siblings_and_body_are_cancelled;
mod the_first_failure_is_the_answer;
