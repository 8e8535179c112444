use std::{fmt, io};

use super::task_error::write_inner;
use crate::cancel::CancelReason;

/// A race over no futures at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is nothing to race: the gather has no futures")]
pub struct Empty;

/// The time given to [`timeout`](crate::timeout) or [`timeout_at`](crate::timeout_at) ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("deadline exceeded")]
#[non_exhaustive]
pub struct DeadlineExceeded;

/// Of kind [`TimedOut`](io::ErrorKind::TimedOut), as the error of tokio's `timeout`.
impl From<DeadlineExceeded> for io::Error {
    fn from(late: DeadlineExceeded) -> Self {
        Self::new(io::ErrorKind::TimedOut, late)
    }
}

/// [`Ready::set`](crate::Ready::set) was called a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this task has already reported that it is ready")]
pub struct AlreadyReady;

/// [`Scope::set_deadline`](crate::Scope::set_deadline) on a scope that is cancelled or has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the deadline cannot be moved: the scope is already cancelled or has ended")]
#[non_exhaustive]
pub struct TooLate;

/// The stream of a [`Sender`](crate::Sender) was dropped, or has ended with its scope. Contains the item that was not sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Closed<T>(pub T);

impl<T> fmt::Debug for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stream that receives from this producer has been dropped or has ended")
    }
}

impl<T> std::error::Error for Closed<T> {}

/// Why a scope did not take a child.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RejectReason {
    /// As many children as the limit allows are running.
    #[error("the scope's limit is reached")]
    Full,
    /// The scope is cancelled.
    #[error("the scope is cancelled: {0}")]
    Cancelled(CancelReason),
    /// The scope has ended, or takes no more children.
    #[error("the scope has ended")]
    Ended,
}

/// What [`Scope::try_spawn`](crate::Scope::try_spawn) hands back: the future, never polled, and why.
pub struct Rejected<F> {
    future: F,
    reason: RejectReason,
}

impl<F> Rejected<F> {
    pub(crate) fn new(future: F, reason: RejectReason) -> Self {
        Self { future, reason }
    }

    /// Why the scope did not take it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{RejectReason, fail_fast};
    ///
    /// let (scope, driver) = fail_fast::<()>().limit(1).open();
    /// scope.spawn(async { Ok(()) });
    /// let rejected = scope.try_spawn(async { Ok(()) }).unwrap_err();
    /// assert_eq!(*rejected.reason(), RejectReason::Full);
    /// # drop(driver);
    /// ```
    pub fn reason(&self) -> &RejectReason {
        &self.reason
    }

    /// The future, as it was.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::fail_fast;
    ///
    /// let (scope, driver) = fail_fast::<()>().open();
    /// scope.close();
    /// let rejected = scope.try_spawn(async { Ok(7) }).unwrap_err();
    /// assert_eq!(purview::block_on(rejected.into_inner()), Ok(7)); // run here instead
    /// # drop(driver);
    /// ```
    pub fn into_inner(self) -> F {
        self.future
    }
}

impl<F> fmt::Debug for Rejected<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl<F> fmt::Display for Rejected<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the child was not spawned: {}", self.reason)
    }
}

impl<F> std::error::Error for Rejected<F> {}

/// The last error of [`retry`](crate::retry), and how often it tried.
#[derive(Debug)]
#[non_exhaustive]
pub struct RetryError<E> {
    /// The error of the last attempt.
    pub error: E,
    /// How many attempts were made; at least 1.
    pub attempts: usize,
}

impl<E> RetryError<E> {
    pub(crate) fn new(error: E, attempts: usize) -> Self {
        Self { error, attempts }
    }
}

impl<E: fmt::Display> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.attempts {
            1 => f.write_str("failed at the only attempt: ")?,
            n => write!(f, "failed after {n} attempts: ")?,
        }
        write_inner(&self.error, f)
    }
}

impl<E: std::error::Error + 'static> std::error::Error for RetryError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}
