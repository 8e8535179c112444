//! Requests to stop: the token and its reasons, waiting for them, and holding out against them.

mod cancelled;
mod drop_guard;
mod hold;
mod node;
mod reason;
mod shield;
mod token;
mod until;
#[cfg(not(any(loom, target_family = "wasm")))]
mod wait;
pub(crate) mod waiters;

pub(crate) use hold::Hold;
pub use {
    cancelled::{Cancelled, cancelled},
    drop_guard::DropGuard,
    reason::CancelReason,
    shield::{Shield, shield},
    token::CancelToken,
    until::UntilCancelled,
};
