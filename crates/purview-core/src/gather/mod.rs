//! Many futures of one kind: all, the first, some, or each as it ends.

mod cut;
mod dropped;
mod macros;
mod members;
mod mixed;
pub mod mode;
mod numbered;
mod opened;
mod options;
mod outcome;
pub mod source;
mod start;
#[cfg(all(test, not(loom)))]
mod tests;
#[cfg(not(feature = "rate-limit"))]
mod without_rate;

#[cfg(not(feature = "rate-limit"))]
#[doc(hidden)]
pub use self::without_rate::RateLimited;
pub use self::{
    mixed::Mixed,
    mode::{ForEach, TryForEach, try_gather},
    options::{Completed, Gather, gather, gather_stream},
};
