//! Many futures of one kind: all, the first, some, or each as it ends.

mod cut;
mod dropped;
mod fails;
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
#[cfg(not(all(feature = "rate-limit", feature = "tracing")))]
mod without_features;

#[cfg(not(feature = "rate-limit"))]
#[doc(hidden)]
pub use self::without_features::RateLimited;
#[cfg(not(feature = "tracing"))]
#[doc(hidden)]
pub use self::without_features::Traced;
pub use self::{
    mixed::Mixed,
    mode::{ForEach, TryForEach, try_gather},
    options::{Completed, Gather, gather, gather_stream},
};
