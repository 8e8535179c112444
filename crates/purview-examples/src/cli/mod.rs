//! Flags and exit codes that several programs share.

mod address;
mod duration;
mod executor;
mod exit;
mod limit;
mod print;
mod say;

pub use address::address;
pub use duration::duration;
pub use executor::Executor;
pub use exit::exit;
pub use limit::limit;
pub use print::print;
pub use say::{say, warn};
