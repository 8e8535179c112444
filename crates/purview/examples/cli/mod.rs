//! Flags that several examples share.

mod duration;
mod executor;
mod limit;

pub(crate) use duration::duration;
pub(crate) use executor::Executor;
pub(crate) use limit::limit;
