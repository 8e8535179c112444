//! What can go wrong in a scope, and who it was.

mod refusal;
mod scope_error;
mod task_error;

pub use crate::panic::Panic;
pub use {
    refusal::{AlreadyReady, Closed, DeadlineExceeded, Empty, RejectReason, Rejected, RetryError, TooLate},
    scope_error::{ScopeError, Settlement},
    task_error::{Failure, StartError, TaskError},
};
