use std::{
    fmt,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use super::slot::{JoinSlot, Take};
use crate::{
    cancel::CancelReason,
    context::unwind,
    inspect::{self, WaitsFor},
    tree::{TaskId, TaskInfo},
};

/// A child of a scope: awaiting it gives what the scope's [policy](crate::Policy) makes of the child's end.
///
/// Under [`scope`](crate::scope()), [`try_scope`](crate::try_scope) and [`fail_fast`](crate::fail_fast) that is the
/// child's value: a failure ends the scope and does not come back here. Under [`settled`](crate::settled) it is
/// `Result<T, TaskError<E>>`.
///
/// The scope owns the child, not this handle: dropping the `Task` neither cancels nor detaches, and the scope still
/// waits for the child.
///
/// # Panics
///
/// Awaiting a `Task` that can never yield is pending while its scope is being cancelled, and panics when the child was
/// cancelled alone (with [`cancel`](Self::cancel)) or the scope has ended; where the policy has a value for a cancelled
/// child, as `settled` has, that is given instead. Polling it again after it has yielded panics.
///
/// # Cancel safety
///
/// Dropping the `Task` while it waits loses the result but not the child; polling it by reference loses nothing.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// let sum = purview::block_on(purview::scope(async |s| {
///     let a = s.spawn(async { 1 });
///     let b = s.spawn(async { 2 });
///     a.await + b.await
/// }));
/// assert_eq!(sum, 3);
/// ```
pub struct Task<J> {
    slot: Arc<JoinSlot<J>>,
    /// Made when it is asked for.
    info: OnceLock<Box<TaskInfo>>,
}

impl<J> Task<J> {
    pub(super) fn new(slot: Arc<JoinSlot<J>>) -> Self {
        Self {
            slot,
            info: OnceLock::new(),
        }
    }

    /// The child's number, unique in the process and rising with the order of spawning.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::block_on(purview::scope(async |s| {
    ///     let (a, b) = (s.spawn(async {}), s.spawn(async {}));
    ///     assert!(a.id() != b.id());
    /// }));
    /// ```
    pub fn id(&self) -> TaskId {
        self.slot.id()
    }

    /// The child's name; never empty.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::block_on(purview::scope(async |s| {
    ///     assert_eq!(s.task().name("loader").spawn(async {}).name(), "loader");
    /// }));
    /// ```
    pub fn name(&self) -> &str {
        self.info().name()
    }

    /// Which task the child is: its number, its name and where it was spawned.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::block_on(purview::scope(async |s| {
    ///     let task = s.spawn(async {});
    ///     assert_eq!(task.info().location().unwrap().line(), line!() - 1);
    /// }));
    /// ```
    pub fn info(&self) -> &TaskInfo {
        self.info.get_or_init(|| Box::new(self.slot.info()))
    }

    /// Whether the child has ended, its future has been dropped, and its result is available. Stays true.
    ///
    /// A child that another thread is polling while the future of its scope is dropped counts as ended from then on; that
    /// thread drops it at the end of the poll.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::block_on(purview::scope(async |s| {
    ///     let mut task = s.spawn(async {});
    ///     assert!(!task.is_finished());
    ///     (&mut task).await;
    ///     assert!(task.is_finished());
    /// }));
    /// ```
    pub fn is_finished(&self) -> bool {
        self.slot.is_ended()
    }

    /// Cancels this child only. Its siblings and the scope continue, and it is not a failure.
    ///
    /// A child that does not hold is dropped when its scope is next polled, without another poll. A child that holds (see
    /// [`shield`](crate::shield), [`cancelled`](crate::cancelled)) is polled until it releases the hold, or until the
    /// scope's grace has passed. Has no effect on a child that has ended or was cancelled before.
    ///
    /// What awaiting the task gives then depends on the policy: `Err(TaskError::Cancelled(..))` under
    /// [`settled`](crate::settled). The other built-in policies have no value for it, and awaiting it panics.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{CancelReason, TaskError, settled};
    ///
    /// let out = purview::block_on(settled::<()>().run(async |s| {
    ///     let task = s.spawn(std::future::pending::<Result<(), ()>>());
    ///     task.cancel();
    ///     Ok(matches!(task.await, Err(TaskError::Cancelled(CancelReason::Requested(None)))))
    /// }));
    /// assert!(out.unwrap().value);
    /// ```
    pub fn cancel(&self) {
        self.slot.cancel(CancelReason::Requested(None));
    }
}

impl<J> Future for Task<J> {
    type Output = J;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<J> {
        let this = self.get_mut();
        match this.slot.poll(cx) {
            Take::Value(value) => Poll::Ready(value),
            Take::NotYet => {
                inspect::waits(|| WaitsFor::Task(this.slot.info()));
                Poll::Pending
            }
            Take::Taken => panic!("task `{}` was polled after it had given its value", this.name()),
            Take::Never => {
                let name = this.name();
                if this.slot.was_stopped() && this.slot.scope().cut().is_none() {
                    panic!(
                        "task `{name}` was cancelled and has no value to give: do not await a cancelled task, or use \
                         `settled()`, whose tasks yield `Err(TaskError::Cancelled(..))`"
                    );
                }
                match this.slot.poll_scope_ended(cx) {
                    Poll::Pending => unwind::never(),
                    Poll::Ready(()) => panic!(
                        "task `{name}` has no value to give: its scope has ended, and the policy gave none for it; await it \
                         inside the scope, or use `settled()`, whose tasks yield their errors"
                    ),
                }
            }
        }
    }
}

impl<J> Drop for Task<J> {
    fn drop(&mut self) {
        self.slot.forget_waiter();
    }
}

impl<J> fmt::Debug for Task<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}
