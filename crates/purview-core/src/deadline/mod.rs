//! Instants by which things must be over, and waiting for instants.

mod alarm;
mod ambient;
mod bound;
mod sleep;
mod timeout;

pub(crate) use alarm::Alarm;
pub use {
    ambient::{deadline, remaining},
    sleep::{Sleep, sleep, sleep_until},
    timeout::{Timeout, timeout, timeout_at},
};
pub(crate) use {bound::Bound, sleep::ambient_runtime};
