//! One closure on a thread that may block, for the task that awaits it.

mod closure;
mod unblocked;

pub use unblocked::{Unblocked, spawn_blocking};
