//! What can go wrong in a scope, and who it was.

mod failure;
mod refusal;
mod scope_error;
mod task_error;

pub use crate::panic::Panic;
pub use {
    failure::{Failure, Settlement},
    refusal::{AlreadyReady, Closed, DeadlineExceeded, Empty, RejectReason, Rejected, RetryError, TooLate},
    scope_error::ScopeError,
    task_error::{StartError, TaskError},
};
