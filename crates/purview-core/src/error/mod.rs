//! What can go wrong in a scope, and which child failed.

mod bare;
mod refusal;
mod scope_error;
mod stopped;
mod task_error;
mod try_send;

pub use crate::panic::Panic;
pub use {
    refusal::{AlreadyReady, Closed, DeadlineExceeded, Empty, RejectReason, Rejected, RetryError, TooLate},
    scope_error::{ScopeError, Settlement},
    stopped::Stopped,
    task_error::{Failure, StartError, TaskError},
    try_send::TrySendError,
};
