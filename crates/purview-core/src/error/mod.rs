//! What can go wrong in a scope, and who it was.

mod bare;
mod failure;
mod one_by_one;
mod panic;
mod refusal;
mod scope_error;
mod stopped;
mod task_error;
mod try_send;

pub(crate) use one_by_one::OneByOne;
pub(crate) use panic::{FirstPanic, catch, discard, expect_panics, is_expected, no_second_panic};
pub use {
    failure::{Failure, Settlement},
    panic::Panic,
    refusal::{AlreadyReady, Closed, DeadlineExceeded, Empty, RejectReason, Rejected, RetryError, TooLate},
    scope_error::ScopeError,
    stopped::Stopped,
    task_error::{StartError, TaskError},
    try_send::TrySendError,
};
