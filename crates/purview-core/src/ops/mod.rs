//! The futures and functions that act on the innermost scope around their caller.

mod ambient;
mod cancelled;
mod checkpoint;
mod shield;
mod sleep;
mod timeout;
mod until;

pub(crate) use self::sleep::ambient_runtime;
pub use self::{
    ambient::{deadline, remaining},
    cancelled::{Cancelled, cancelled},
    checkpoint::{Checkpoint, checkpoint},
    shield::{Shield, shield},
    sleep::{Sleep, sleep, sleep_until},
    timeout::{Timeout, timeout, timeout_at},
    until::UntilCancelled,
};
