//! Many futures at once: what a gather waits for, what it gives, and which futures it cuts.
#![forbid(unsafe_code)]

mod a_gather_that_waits_is_quiet;
mod after_the_end;
mod cancelled_by_its_own_futures;
mod deadlines;
mod failures_name_the_futures_that_failed;
mod for_each_runs_beside_its_futures;
mod futures_that_end_too_late;
mod grace;
mod its_source_has_its_turn;
mod no_future_outlives_it;
mod options_of_both_kinds;
mod panics_in_destructors;
mod races;
mod sources_that_never_end;
mod sources_that_panic;
mod up_to_twelve_of_different_types;
