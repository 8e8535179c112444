//! In a settled scope every outcome is kept, and the end of one child ends no other.
#![forbid(unsafe_code)]

mod a_failing_body_cancels_the_children;
mod a_failure_ends_no_other;
mod a_scope_cut_short_keeps_what_it_has;
mod every_outcome_is_reported_once;
