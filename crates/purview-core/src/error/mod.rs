//! What can go wrong in a scope, and which child failed.

mod bare;
mod failure;
mod refusal;
mod scope_error;
mod stopped;
mod task_error;
mod try_send;

pub use crate::panic::Panic;
pub use {
    failure::{Failure, Settlement},
    refusal::{AlreadyReady, Closed, DeadlineExceeded, Empty, RejectReason, Rejected, RetryError, TooLate},
    scope_error::ScopeError,
    stopped::Stopped,
    task_error::{StartError, TaskError},
    try_send::TrySendError,
};
