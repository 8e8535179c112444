//! Many futures of one kind: all, the first, some, or each as it ends.

mod all;
mod completed;
mod crew;
mod cut;
mod for_each;
mod gone;
mod intake;
mod macros;
mod member;
mod mixed;
pub mod mode;
mod options;
mod outcome;
mod race;
pub mod source;
mod stage;
mod team;
mod try_all;
mod try_for_each;
mod tuple;
#[cfg(not(feature = "rate-limit"))]
mod without_rate;

#[cfg(not(feature = "rate-limit"))]
#[doc(hidden)]
pub use without_rate::RateLimited;
pub use {
    for_each::ForEach,
    mixed::Mixed,
    options::{Completed, Gather, gather, gather_stream},
    try_all::try_gather,
    try_for_each::TryForEach,
};
