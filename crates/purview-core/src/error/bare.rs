//! From what a scope reports to the error type of the caller.

use super::{RetryError, ScopeError, Stopped, TaskError};
use crate::{cancel::CancelReason, panic::OneByOne};

impl<E> ScopeError<E> {
    /// The caller's own error: the failure that ended the scope, or what `E` makes of being [`Stopped`].
    ///
    /// It agrees with [`reason`](Self::reason). Where the scope failed it is the first error that was returned; where it
    /// panicked the panic is resumed; at a deadline or a cancellation it is a [`Stopped`] with that reason, also when
    /// something failed while it cleaned up. The other failures are dropped. For `?` in a function that returns
    /// `anyhow::Result`, `io::Result` and the like: `.await.map_err(ScopeError::into_error)?`, or shorter
    /// [`try_gather`](crate::try_gather!) and [`try_run`](crate::Builder::try_run).
    ///
    /// # Panics
    ///
    /// With the payload, where a panic ended the scope: the body's under [`settled`](crate::settled), or in a race of a
    /// gather in which every future panicked.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{ScopeError, Stopped, gather};
    ///
    /// async fn ask(mirror: &str) -> Result<u32, String> {
    ///     Err(format!("{mirror} refused"))
    /// }
    ///
    /// let race = gather(["a", "b"].map(ask)).first_success();
    /// let error: String = purview::block_on(race).map_err(ScopeError::into_error).unwrap_err();
    /// assert_eq!(error, "a refused");
    /// ```
    pub fn into_error(self) -> E
    where
        E: From<Stopped>,
    {
        self.into_error_or(E::from)
    }

    /// As [`into_error`](Self::into_error), for error types of other crates: `stopped` says what a deadline or a
    /// cancellation becomes.
    ///
    /// # Panics
    ///
    /// As [`into_error`](Self::into_error).
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::gather;
    /// use std::time::Duration;
    ///
    /// #[derive(Debug, PartialEq)]
    /// enum Status { DeadlineExceeded, Cancelled }
    ///
    /// let late = gather([std::future::pending::<Result<(), Status>>()]).timeout(Duration::ZERO);
    /// let status = purview::block_on(late).unwrap_err().into_error_or(|stopped| {
    ///     if stopped.is_deadline_exceeded() { Status::DeadlineExceeded } else { Status::Cancelled }
    /// });
    /// assert_eq!(status, Status::DeadlineExceeded);
    /// ```
    pub fn into_error_or(self, stopped: impl FnOnce(Stopped) -> E) -> E {
        let reason = self.reason().clone();
        let by_itself = self.is_failed();
        let mut failures = OneByOne::new(self.into_failures());
        let cause = if by_itself {
            let returned = failures.iter().position(|failure| failure.error.is_returned());
            let unwound = || failures.iter().position(|failure| failure.error.is_panic());
            // A panic beside an error that ended the scope is one of those that a race or `settled` tolerates.
            let first = if reason == CancelReason::Failed {
                returned.or_else(unwound)
            } else {
                unwound()
            };
            first.map(|index| failures.remove(index).error)
        } else {
            None
        };
        let mut cause = OneByOne::new(cause);
        drop(failures);
        cause
            .take()
            .unwrap_or(TaskError::Cancelled(reason))
            .into_error_or(stopped)
    }
}

impl<E> TaskError<E> {
    /// The caller's own error: the one that the child returned, or what `E` makes of being [`Stopped`].
    ///
    /// For `?` on one result of a gather, or on a task under [`settled`](crate::settled):
    /// `task.await.map_err(TaskError::into_error)?`. `anyhow::Error` is no [`Error`](std::error::Error), so a `TaskError` of
    /// it does not convert by itself.
    ///
    /// # Panics
    ///
    /// With the payload, where the child panicked.
    ///
    /// # Examples
    ///
    /// ```
    /// # extern crate purview_core as purview;
    /// use purview::{TaskError, settled};
    ///
    /// let out = purview::block_on(settled().run(async |s| {
    ///     let page = s.spawn(async { Err::<u32, _>("no such page".to_owned()) });
    ///     page.await.map_err(TaskError::into_error)
    /// }));
    /// assert_eq!(out.unwrap_err().into_failure().unwrap(), "no such page");
    /// ```
    pub fn into_error(self) -> E
    where
        E: From<Stopped>,
    {
        self.into_error_or(E::from)
    }

    /// As [`into_error`](Self::into_error), for error types of other crates: `stopped` says what a cancellation becomes.
    ///
    /// # Panics
    ///
    /// As [`into_error`](Self::into_error).
    ///
    /// # Examples
    ///
    /// ```
    /// # extern crate purview_core as purview;
    /// use purview::settled;
    ///
    /// let out = purview::block_on(settled::<()>().run(async |s| {
    ///     let child = s.spawn(std::future::pending::<Result<(), ()>>());
    ///     child.cancel();
    ///     child.await.map_err(|error| error.into_error_or(|_stopped| ()))
    /// }));
    /// assert!(out.is_err());
    /// ```
    pub fn into_error_or(self, stopped: impl FnOnce(Stopped) -> E) -> E {
        match self {
            Self::Failed(error) => error,
            Self::Panicked(panic) => panic.resume(),
            Self::Cancelled(reason) => stopped(Stopped::new(reason)),
        }
    }

    fn is_returned(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    fn is_panic(&self) -> bool {
        matches!(self, Self::Panicked(_))
    }
}

impl<E> RetryError<E> {
    /// The error of the last attempt, without the number of attempts: for `?` in a function that returns it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{RetryError, retry};
    ///
    /// let twice = retry([std::time::Duration::ZERO], async || Err::<(), _>("refused"));
    /// let error = purview::block_on(twice).map_err(RetryError::into_error).unwrap_err();
    /// assert_eq!(error, "refused");
    /// ```
    pub fn into_error(self) -> E {
        self.error
    }
}
