use std::{fmt, marker::PhantomData, ops::ControlFlow};

use super::{End, Fallible, Policy, join_all::no_value};
use crate::{
    cancel::CancelReason,
    error::{Failure, ScopeError, TaskError},
    panic::{FirstPanic, OneByOne},
    tree::TaskInfo,
};

/// The first failure cancels all other children and the body: the policy of [`try_scope`](crate::try_scope) and
/// [`fail_fast`](crate::fail_fast).
///
/// The first failure in time is the cause and never changes; failures of children that were still cleaning up are kept
/// in order behind it. Cancelled children are not failures. A panic cancels the siblings too, and is resumed in the
/// awaiting task once all have been dropped, whatever failed besides.
///
/// The value of a body that has returned is the result although the scope was cancelled through its own handle or token,
/// as when a trio nursery's own cancel scope is cancelled. A `cancel_on` token, a deadline or the scope around, where it
/// comes before the last child has ended, makes it an error: `Ok` never hides work that something else stopped.
pub struct FailFast<E> {
    /// First, so that the compiler says at once which type it cannot infer.
    error: PhantomData<E>,
    failures: OneByOne<Vec<Failure<E>>>,
    panic: FirstPanic,
    /// The error is the bare `E`: it cannot say that time was up, so a value is never held back.
    bare: bool,
    stopped_by_others: bool,
}

impl<E> FailFast<E> {
    /// The policy, for [`with_policy`](crate::with_policy).
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{FailFast, with_policy};
    ///
    /// let run = with_policy(FailFast::<std::io::Error>::new()).run(async |_| Ok(7));
    /// assert_eq!(purview::block_on(run).unwrap(), 7);
    /// ```
    pub fn new() -> Self {
        Self {
            error: PhantomData,
            failures: OneByOne::new(Vec::new()),
            panic: FirstPanic::default(),
            bare: false,
            stopped_by_others: false,
        }
    }

    pub(crate) fn bare() -> Self {
        Self {
            bare: true,
            ..Self::new()
        }
    }

    /// The first error, for a scope that returns nothing else; `None` where it has to stay pending.
    pub(crate) fn bare_error(error: ScopeError<E>) -> E {
        let reason = error.reason().clone();
        error.into_failure().unwrap_or_else(|| no_value(Some(reason)))
    }

    fn ended<T>(&mut self, task: impl FnOnce() -> TaskInfo, end: End<Result<T, E>>) -> (Option<T>, ControlFlow<()>) {
        match end {
            End::Returned(Ok(value)) => (Some(value), ControlFlow::Continue(())),
            End::Returned(Err(error)) => {
                self.failures.push(Failure {
                    task: task(),
                    error: TaskError::Failed(error),
                });
                (None, ControlFlow::Break(()))
            }
            End::Panicked(panic) => {
                self.panic.keep(panic);
                (None, ControlFlow::Break(()))
            }
            End::Cancelled(_) => (None, ControlFlow::Continue(())),
        }
    }
}

impl<E> Default for FailFast<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Policy for FailFast<E> {
    type Child<T> = Result<T, E>;
    type Joined<T> = T;
    type Output<R> = Result<R, ScopeError<E>>;

    fn child_ended<T>(&mut self, task: &TaskInfo, end: End<Result<T, E>>) -> (Option<T>, ControlFlow<()>) {
        self.ended(|| task.clone(), end)
    }

    fn body_ended<R>(&mut self, end: End<Result<R, E>>) -> (Option<R>, ControlFlow<()>) {
        self.ended(super::body, end)
    }

    fn is_failure<T>(child: &Result<T, E>) -> bool {
        child.is_err()
    }

    fn finish<R>(mut self, body: Option<R>, stop: Option<CancelReason>) -> Result<R, ScopeError<E>> {
        let mut body = OneByOne::new(body);
        self.panic.resume();
        if (self.bare || !self.stopped_by_others) && self.failures.is_empty() {
            if let Some(value) = body.take() {
                return Ok(value);
            }
        }
        drop(body);
        let failures = self.failures.take_all();
        Err(ScopeError::new(stop.unwrap_or(CancelReason::Failed), failures))
    }

    fn stopped_by_others(&mut self) {
        self.stopped_by_others = true;
    }

    fn can_finish(&self, has_value: bool, stop: Option<&CancelReason>) -> bool {
        !self.bare
            || has_value
            || self.panic.is_some()
            || !self.failures.is_empty()
            || stop != Some(&CancelReason::Parent)
    }
}

impl<E> Fallible for FailFast<E> {
    type Error = E;

    fn into_result<T>(child: Result<T, E>) -> Result<T, E> {
        child
    }

    fn from_result<T>(result: Result<T, E>) -> Option<Result<T, E>> {
        Some(result)
    }
}

impl<E> fmt::Debug for FailFast<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailFast")
            .field("failures", &self.failures.len())
            .field("panic", &self.panic)
            .finish()
    }
}
