use std::fmt;

use super::{Failure, TaskError, task_error::write_inner};
use crate::{cancel::CancelReason, panic::OneByOne};

/// Why a scope or a gather has no value, and every failure in it.
///
/// Exactly one of [`is_failed`](Self::is_failed), [`is_deadline_exceeded`](Self::is_deadline_exceeded) and
/// [`is_cancelled`](Self::is_cancelled) is true.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::fail_fast;
///
/// let error = purview::block_on(fail_fast().name("import").run(async |s| {
///     s.task().name("users").spawn(async { Err::<(), _>("connection refused") });
///     std::future::pending::<Result<(), _>>().await
/// }))
/// .unwrap_err();
/// assert!(error.is_failed());
/// assert_eq!(error.to_string(), "users: connection refused");
/// assert_eq!(error.into_failure(), Some("connection refused"));
/// ```
#[derive(Debug)]
pub struct ScopeError<E> {
    failures: Vec<Failure<E>>,
    reason: CancelReason,
}

impl<E> ScopeError<E> {
    pub(crate) fn new(reason: CancelReason, failures: Vec<Failure<E>>) -> Self {
        Self { failures, reason }
    }

    /// What ended the scope: the first cause in time, which nothing later changes.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{CancelReason, gather};
    ///
    /// let error = purview::block_on(gather([async { Err::<(), _>("no route") }])).unwrap_err();
    /// assert_eq!(*error.reason(), CancelReason::Failed);
    /// ```
    pub fn reason(&self) -> &CancelReason {
        &self.reason
    }

    /// Every failure, in the order they were seen. Empty for a deadline or a cancellation during which no child
    /// failed.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::gather;
    ///
    /// let error = purview::block_on(gather([async { Err::<(), _>("no route") }]).name("ping")).unwrap_err();
    /// let failures: Vec<_> = error.failures().iter().map(ToString::to_string).collect();
    /// assert_eq!(failures, ["ping/0: no route"]);
    /// ```
    pub fn failures(&self) -> &[Failure<E>] {
        &self.failures
    }

    /// As [`failures`](Self::failures), by value.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::gather;
    ///
    /// let pings = gather(["a", "b"].map(async |host| Err::<(), _>(host))).first_success();
    /// let down: Vec<_> = purview::block_on(pings).unwrap_err().into_failures();
    /// assert_eq!(down.len(), 2);
    /// ```
    pub fn into_failures(self) -> Vec<Failure<E>> {
        self.failures
    }

    /// The first error that a child or the body returned; `None` where there was a panic, a deadline or a
    /// cancellation only.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::gather;
    ///
    /// let error = purview::block_on(gather([async { Err::<(), _>(404) }])).unwrap_err();
    /// assert_eq!(error.into_failure(), Some(404));
    /// ```
    pub fn into_failure(self) -> Option<E> {
        let mut others = OneByOne::new(self.failures);
        let failed = others
            .iter()
            .position(|failure| matches!(failure.error, TaskError::Failed(_)))?;
        let mut first = OneByOne::new(Some(others.remove(failed)));
        drop(others);
        match first.take()?.error {
            TaskError::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// Whether a failure, or a panic, ended it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let error = purview::block_on(purview::gather([async { Err::<(), _>(404) }])).unwrap_err();
    /// assert!(error.is_failed());
    /// ```
    pub fn is_failed(&self) -> bool {
        matches!(self.reason, CancelReason::Failed | CancelReason::Panicked)
    }

    /// Whether its deadline, or one around it, ended it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::{future::pending, time::Duration};
    ///
    /// let late = purview::gather([pending::<Result<(), ()>>()]).timeout(Duration::from_millis(1));
    /// assert!(purview::block_on(late).unwrap_err().is_deadline_exceeded());
    /// ```
    pub fn is_deadline_exceeded(&self) -> bool {
        self.reason == CancelReason::DeadlineExceeded
    }

    /// Whether it was cancelled by request, by the scope around it, or by having nothing to run.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{CancelToken, gather};
    ///
    /// let shutdown = CancelToken::new();
    /// shutdown.cancel();
    /// let stopped = gather([std::future::pending::<Result<(), ()>>()]).cancel_on(&shutdown);
    /// assert!(purview::block_on(stopped).unwrap_err().is_cancelled());
    /// ```
    pub fn is_cancelled(&self) -> bool {
        !self.is_failed() && !self.is_deadline_exceeded()
    }
}

impl<E: fmt::Display> fmt::Display for ScopeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.failures.as_slice() {
            [] => write!(f, "{}", self.reason),
            [first, rest @ ..] => {
                if !self.is_failed() {
                    write!(f, "{}; while cleaning up: ", self.reason)?;
                }
                write_inner(first, f)?;
                match rest.len() {
                    0 => Ok(()),
                    1 => write!(f, " (and 1 more failure)"),
                    n => write!(f, " (and {n} more failures)"),
                }
            }
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for ScopeError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The display already shows the first failure: the chain continues with its source.
        self.failures.first().and_then(|failure| failure.source())
    }
}

/// What `settled().run(..)` gives when its body returned a value.
#[derive(Debug)]
#[non_exhaustive]
pub struct Settlement<R, E> {
    /// What the body returned.
    pub value: R,
    /// The failures of children whose [`Task`](crate::Task) was never awaited, in the order they happened.
    /// Children that were cancelled are not failures. A task that is awaited only now yields
    /// [`Cancelled`](crate::TaskError::Cancelled) with reason [`Ended`](CancelReason::Ended), because its error is here;
    /// one that was being awaited when the scope ended yields its error.
    pub failures: Vec<Failure<E>>,
    /// Why the scope was cut short; `None` where it ran to its end.
    pub stopped: Option<CancelReason>,
}
