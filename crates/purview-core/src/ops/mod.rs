//! The futures and functions that act on the innermost scope around their caller.

mod ambient;
mod blocking;
mod cancelled;
mod checkpoint;
mod opened;
mod runtime;
mod shield;
mod sleep;
mod timeout;
mod until;
#[cfg(not(any(loom, target_family = "wasm")))]
mod wait;

pub(crate) use self::sleep::ambient_runtime;
pub use self::{
    ambient::{deadline, remaining},
    blocking::{Unblocked, spawn_blocking},
    cancelled::{Cancelled, cancelled},
    checkpoint::{Checkpoint, checkpoint},
    runtime::{current, current_or},
    shield::{Shield, shield},
    sleep::{Sleep, sleep, sleep_until},
    timeout::{Timeout, timeout, timeout_at},
    until::UntilCancelled,
};
