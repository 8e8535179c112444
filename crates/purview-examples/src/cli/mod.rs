//! Flags and exit codes that several programs share.

mod duration;
mod executor;
mod exit;
mod limit;
mod say;

pub use duration::duration;
pub use executor::Executor;
pub use exit::exit;
pub use limit::limit;
pub use say::{say, warn};
