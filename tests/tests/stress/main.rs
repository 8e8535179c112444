//! Races by the hundred thousand, and services that live through millions of children.
//!
//! `PURVIEW_RACES` says how many races each executor runs, `PURVIEW_CHILDREN` how many children an open scope lives
//! through. The full figures:
//!
//! ```text
//! PURVIEW_RACES=1000000 PURVIEW_CHILDREN=10000000 PURVIEW_HANG=3600 \
//!     cargo test --release -p purview-tests --test stress -- --test-threads 1
//! ```
#![forbid(unsafe_code)]

mod a_parallel_child_costs_few_allocations;
mod ledger;
mod meter;
mod open_scopes_stay_flat;
mod scale;
mod spawning_races_with_cancelling;
mod spawning_races_with_the_end;
