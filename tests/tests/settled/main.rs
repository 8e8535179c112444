//! In a settled scope every outcome is kept, and nobody's end is anybody else's.
#![forbid(unsafe_code)]

mod a_failing_body_cancels_the_children;
mod a_failure_touches_nobody;
mod a_scope_cut_short_keeps_what_it_has;
mod every_outcome_is_reported_once;
