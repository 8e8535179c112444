//! Many futures at once: what a gather waits for, what it gives, and whom it cuts.
#![forbid(unsafe_code)]

mod a_gather_that_waits_is_quiet;
mod deadlines;
mod failures_name_who_failed;
mod for_each_runs_beside_its_futures;
mod grace;
mod nobody_outlives_it;
mod options_of_both_kinds;
mod panics_in_destructors;
mod races;
mod sources_that_never_end;
mod sources_that_panic;
mod those_who_end_too_late;
mod up_to_twelve_of_different_types;
