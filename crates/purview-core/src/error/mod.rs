//! What can go wrong in a scope, and who it was.

mod failure;
mod panic;
mod refusal;
mod scope_error;
mod task_error;

pub(crate) use panic::{FirstPanic, catch, discard};
pub use {
    failure::{Failure, Settlement},
    panic::Panic,
    refusal::{AlreadyReady, Closed, DeadlineExceeded, Empty, RejectReason, Rejected, RetryError, TooLate},
    scope_error::ScopeError,
    task_error::{StartError, TaskError},
};
