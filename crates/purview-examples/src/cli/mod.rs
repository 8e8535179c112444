//! Flags that several programs share.

mod duration;
mod executor;
mod limit;

pub use duration::duration;
pub use executor::Executor;
pub use limit::limit;
