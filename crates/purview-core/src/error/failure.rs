use std::fmt;

use super::TaskError;
use crate::{cancel::CancelReason, tree::TaskInfo};

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
            TaskError::Failed(error) => write!(f, "{}: {error}", self.task.name()),
            TaskError::Panicked(panic) => write!(f, "{} panicked: {panic}", self.task.name()),
            TaskError::Cancelled(reason) => write!(f, "{} was cancelled: {reason}", self.task.name()),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for Failure<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.error {
            // The display already shows the error itself: the chain continues with its source.
            TaskError::Failed(error) => error.source(),
            _ => None,
        }
    }
}

/// What `settled().run(..)` gives when its body returned a value.
#[derive(Debug)]
#[non_exhaustive]
pub struct Settlement<R, E> {
    /// What the body returned.
    pub value: R,
    /// The failures of children whose [`Task`](crate::Task) was never awaited, in the order they happened.
    /// Children that were cancelled are not failures.
    pub failures: Vec<Failure<E>>,
    /// Why the scope was cut short; `None` where it ran to its end.
    pub stopped: Option<CancelReason>,
}
