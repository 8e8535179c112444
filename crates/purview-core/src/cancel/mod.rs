//! Requests to stop: the token and its reasons, waiting for them, and holding out against them.

mod cancelled;
mod hold;
mod node;
mod reason;
mod shield;
mod token;
mod until;
pub(crate) mod waiters;

pub(crate) use hold::Hold;
pub use {
    cancelled::{Cancelled, cancelled},
    reason::CancelReason,
    shield::{Shield, shield},
    token::CancelToken,
    until::UntilCancelled,
};
