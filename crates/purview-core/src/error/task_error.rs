use std::{error::Error, fmt};

use super::Panic;
use crate::{cancel::CancelReason, tree::TaskInfo};

/// How a child ended that gave no value.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::{TaskError, settled};
///
/// let out = purview::block_on(settled().run(async |s| {
///     let child = s.spawn(async { Err::<(), _>("no route") });
///     Ok(matches!(child.await, Err(TaskError::Failed("no route"))))
/// }));
/// assert!(out.unwrap().value);
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum TaskError<E> {
    /// It returned an error.
    Failed(E),
    /// It panicked.
    Panicked(Panic),
    /// It was cancelled before it had ended.
    Cancelled(CancelReason),
}

impl<E: fmt::Display> fmt::Display for TaskError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::Panicked(panic) => write!(f, "panicked: {panic}"),
            Self::Cancelled(reason @ CancelReason::Requested(_)) => reason.fmt(f),
            Self::Cancelled(reason) => write!(f, "cancelled: {reason}"),
        }
    }
}

impl<E: Error + 'static> Error for TaskError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // The display already shows the error itself: the chain continues with its source.
            Self::Failed(error) => error.source(),
            _ => None,
        }
    }
}

/// An error inside the message of another one. anyhow's and eyre's errors show their chain under `{:#}`.
pub(super) fn write_inner(error: &impl fmt::Display, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if f.alternate() {
        write!(f, "{error:#}")
    } else {
        write!(f, "{error}")
    }
}

/// Why [`Scope::start`](crate::Scope::start) has no value to return.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError<E> {
    /// The child returned an error before it was ready; its scope did not see it.
    Failed(E),
    /// The child panicked before it was ready; its scope did not see it.
    Panicked(Panic),
    /// The child was cancelled before it was ready.
    Cancelled(CancelReason),
    /// The child returned without having called [`Ready::set`](crate::Ready::set).
    NeverReady,
}

impl<E: fmt::Display> fmt::Display for StartError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => {
                f.write_str("failed before it was ready: ")?;
                write_inner(error, f)
            }
            Self::Panicked(panic) => write!(f, "panicked before it was ready: {panic}"),
            Self::Cancelled(reason) => write!(f, "cancelled before it was ready: {reason}"),
            Self::NeverReady => f.write_str("ended without having said that it was ready"),
        }
    }
}

impl<E: Error + 'static> Error for StartError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(error) => error.source(),
            _ => None,
        }
    }
}

/// One failed child, or body: which, and how.
#[derive(Debug)]
pub struct Failure<E> {
    /// The task that failed.
    pub task: TaskInfo,
    /// How.
    pub error: TaskError<E>,
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            TaskError::Failed(error) => {
                write!(f, "{}: ", self.task.name())?;
                write_inner(error, f)
            }
            TaskError::Panicked(panic) => write!(f, "{} panicked: {panic}", self.task.name()),
            TaskError::Cancelled(reason) => write!(f, "{} was cancelled: {reason}", self.task.name()),
        }
    }
}

impl<E: Error + 'static> Error for Failure<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.error {
            // The display already shows the error itself: the chain continues with its source.
            TaskError::Failed(error) => error.source(),
            _ => None,
        }
    }
}
