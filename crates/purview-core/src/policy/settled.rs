use std::{fmt, ops::ControlFlow};

use super::{End, Fallible, Policy};
use crate::{
    cancel::CancelReason,
    error::{Failure, ScopeError, Settlement, TaskError},
    panic::OneByOne,
    tree::TaskInfo,
};

/// A failing or panicking child affects no other: the policy of [`settled`](crate::settled).
///
/// Each [`Task`](crate::Task) yields how its child ended; failures of children whose task was never awaited come out of
/// the scope. Only the body's own error or panic cancels the children. On a deadline or a cancellation the children go
/// first and their tasks resolve, and the body gets one more chance to return what it has. As Kotlin's
/// `supervisorScope`, and `asyncio.gather(return_exceptions=True)`.
pub struct Settled<E> {
    /// Of the body first, then of the children that were never awaited.
    failures: OneByOne<Vec<Failure<E>>>,
}

impl<E> Settled<E> {
    /// The policy, for [`with_policy`](crate::with_policy).
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{Settled, with_policy};
    ///
    /// let run = with_policy(Settled::<std::io::Error>::new()).run(async |_| Ok(7));
    /// assert_eq!(purview::block_on(run).unwrap().value, 7);
    /// ```
    pub fn new() -> Self {
        Self {
            failures: OneByOne::new(Vec::new()),
        }
    }
}

impl<E> Default for Settled<E> {
    fn default() -> Self {
        Self::new()
    }
}

fn settle<T, E>(end: End<Result<T, E>>) -> Result<T, TaskError<E>> {
    match end {
        End::Returned(result) => result.map_err(TaskError::Failed),
        End::Panicked(panic) => Err(TaskError::Panicked(panic)),
        End::Cancelled(reason) => Err(TaskError::Cancelled(reason)),
    }
}

impl<E> Policy for Settled<E> {
    type Child<T> = Result<T, E>;
    type Joined<T> = Result<T, TaskError<E>>;
    type Output<R> = Result<Settlement<R, E>, ScopeError<E>>;

    fn child_ended<T>(&mut self, _: &TaskInfo, end: End<Result<T, E>>) -> (Option<Self::Joined<T>>, ControlFlow<()>) {
        (Some(settle(end)), ControlFlow::Continue(()))
    }

    fn body_ended<R>(&mut self, end: End<Result<R, E>>) -> (Option<R>, ControlFlow<()>) {
        match settle(end) {
            Ok(value) => (Some(value), ControlFlow::Continue(())),
            Err(TaskError::Cancelled(_)) => (None, ControlFlow::Continue(())),
            Err(error) => {
                self.failures.push(Failure {
                    task: super::body(),
                    error,
                });
                (None, ControlFlow::Break(()))
            }
        }
    }

    fn is_failure<T>(child: &Result<T, E>) -> bool {
        child.is_err()
    }

    fn finish<R>(mut self, body: Option<R>, stop: Option<CancelReason>) -> Self::Output<R> {
        let failures = self.failures.take_all();
        match body {
            Some(value) => Ok(Settlement {
                value,
                failures,
                stopped: stop,
            }),
            None => Err(ScopeError::new(stop.unwrap_or(CancelReason::Failed), failures)),
        }
    }

    fn keeps_body(&self) -> bool {
        true
    }

    fn refused<T>(reason: CancelReason) -> Option<Self::Joined<T>> {
        Some(Err(TaskError::Cancelled(reason)))
    }

    fn keeps_unclaimed<T>(&self, joined: &Self::Joined<T>) -> bool {
        matches!(joined, Err(TaskError::Failed(_) | TaskError::Panicked(_)))
    }

    fn unclaimed<T>(&mut self, task: &TaskInfo, joined: Self::Joined<T>) -> Option<Self::Joined<T>> {
        match joined {
            Err(error @ (TaskError::Failed(_) | TaskError::Panicked(_))) => {
                self.failures.push(Failure {
                    task: task.clone(),
                    error,
                });
                // The error can be in one place only, and there it cannot be missed.
                Some(Err(TaskError::Cancelled(CancelReason::Ended)))
            }
            other => Some(other),
        }
    }
}

impl<E> Fallible for Settled<E> {
    type Error = E;

    fn into_result<T>(child: Result<T, E>) -> Result<T, E> {
        child
    }

    fn from_result<T>(result: Result<T, E>) -> Option<Result<T, E>> {
        Some(result)
    }
}

impl<E> fmt::Debug for Settled<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settled")
            .field("failures", &self.failures.len())
            .finish()
    }
}
