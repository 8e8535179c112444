//! Flags and exit codes that several programs share.

mod duration;
mod executor;
mod exit;
mod limit;

pub use duration::duration;
pub use executor::Executor;
pub use exit::exit;
pub use limit::limit;
