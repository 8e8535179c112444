use std::io;

use crate::cancel::CancelReason;

/// A scope or a gather ended without a value although nothing in it failed: its deadline passed, or it was cancelled.
///
/// It is what [`ScopeError::into_error`](crate::ScopeError::into_error), [`try_gather`](crate::try_gather!),
/// [`Builder::try_run`](crate::Builder::try_run) and [`stream`](fn@crate::stream) convert into the caller's own error type,
/// which must therefore be `From<Stopped>`. `anyhow::Error`, `eyre::Report` and `Box<dyn Error + Send + Sync>` are,
/// because this is an [`Error`](std::error::Error); [`io::Error`] and `String` are by impls of this crate; an enum is
/// with thiserror's `#[from]`. For an error type of another crate there is
/// [`into_error_or`](crate::ScopeError::into_error_or).
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::{Stopped, try_gather};
/// use std::{io, time::Duration};
///
/// let late = try_gather([std::future::pending::<io::Result<()>>()]).timeout(Duration::ZERO);
/// let error = purview::block_on(late).unwrap_err();
/// assert_eq!(error.kind(), io::ErrorKind::TimedOut);
/// assert!(error.get_ref().unwrap().is::<Stopped>());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct Stopped {
    /// Why it was stopped.
    pub reason: CancelReason,
}

impl Stopped {
    pub(crate) fn new(reason: CancelReason) -> Self {
        Self { reason }
    }

    /// Whether a deadline stopped it, its own or one around it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{Stopped, gather};
    /// use std::{future::pending, time::Duration};
    ///
    /// let late = gather([pending::<Result<(), Stopped>>()]).timeout(Duration::from_millis(1)).try_all();
    /// assert!(purview::block_on(late).unwrap_err().is_deadline_exceeded());
    /// ```
    pub fn is_deadline_exceeded(&self) -> bool {
        self.reason == CancelReason::DeadlineExceeded
    }
}

/// [`TimedOut`](io::ErrorKind::TimedOut) at a deadline, [`Other`](io::ErrorKind::Other) else; the [`Stopped`] is inside.
impl From<Stopped> for io::Error {
    fn from(stopped: Stopped) -> Self {
        let kind = if stopped.is_deadline_exceeded() {
            io::ErrorKind::TimedOut
        } else {
            io::ErrorKind::Other
        };
        Self::new(kind, stopped)
    }
}

impl From<Stopped> for String {
    fn from(stopped: Stopped) -> Self {
        stopped.to_string()
    }
}
