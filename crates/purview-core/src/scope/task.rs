use std::{
    fmt, mem,
    pin::Pin,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Waker},
};

use super::cut_off;
use crate::{
    cancel::CancelReason,
    census::{self, Wait},
    context::{Frame, TaskId},
    error::{catch, discard},
    sync::{Mutex, MutexGuard},
};

/// A child of a scope: awaiting it gives what the scope's [policy](crate::Policy) makes of the child's end.
///
/// Under [`scope`](crate::scope), [`try_scope`](crate::try_scope) and [`fail_fast`](crate::fail_fast) that is the
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
/// ```
/// let sum = purview_core::block_on(purview_core::scope(async |s| {
///     let a = s.spawn(async { 1 });
///     let b = s.spawn(async { 2 });
///     a.await + b.await
/// }));
/// assert_eq!(sum, 3);
/// ```
pub struct Task<J> {
    slot: Arc<Slot<J>>,
    frame: Arc<Frame>,
    /// Under which it waits for the end of the scope.
    key: Option<u64>,
}

impl<J> Task<J> {
    pub(super) fn new(slot: Arc<Slot<J>>, frame: Arc<Frame>) -> Self {
        Self { slot, frame, key: None }
    }

    pub(super) fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }

    /// The child's number, unique in the process and rising with the order of spawning.
    pub fn id(&self) -> TaskId {
        self.frame.info.id()
    }

    /// The child's name; never empty.
    pub fn name(&self) -> &str {
        self.frame.info.name()
    }

    /// Whether the child has ended, its future has been dropped, and what there is to yield can be had. It stays true.
    ///
    /// A child that another thread is running while the future of its scope is dropped counts as ended from then on;
    /// that thread drops it when its present poll is over.
    pub fn is_finished(&self) -> bool {
        self.frame.is_ended()
    }

    /// Asks this child alone to stop; the scope and its siblings are not touched, and it counts as no failure.
    ///
    /// A child that does not hold is dropped when its scope is next polled, without being polled itself; one that
    /// holds (see [`shield`](crate::shield), [`cancelled`](crate::cancelled)) is polled on until it lets go, or until
    /// the scope's grace has passed since. Without effect on a child that has ended or was cancelled before.
    ///
    /// What awaiting the task then gives is the policy's to say: `Err(TaskError::Cancelled(..))` under
    /// [`settled`](crate::settled); under the other built-in policies nothing could be given, and awaiting it panics.
    ///
    /// ```
    /// use purview_core::{CancelReason, TaskError, settled};
    ///
    /// let out = purview_core::block_on(settled::<()>().run(async |s| {
    ///     let task = s.spawn(std::future::pending::<Result<(), ()>>());
    ///     task.cancel();
    ///     Ok(matches!(task.await, Err(TaskError::Cancelled(CancelReason::Requested(None)))))
    /// }));
    /// assert!(out.unwrap().value);
    /// ```
    pub fn cancel(&self) {
        self.frame.cancel(CancelReason::Requested(None));
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
                census::waits(|| Wait::Task(this.frame.info.clone()));
                Poll::Pending
            }
            Take::Taken => panic!(
                "task `{}` was polled after it had given its value",
                this.frame.info.name()
            ),
            Take::Never => {
                let name = this.frame.info.name();
                if this.frame.stopped_alone().is_some() && this.frame.scope.cut().is_none() {
                    panic!(
                        "task `{name}` was cancelled and has no value to give: do not await a cancelled task, or use \
                         `settled()`, whose tasks yield `Err(TaskError::Cancelled(..))`"
                    );
                }
                match this.frame.scope.poll_ended(&mut this.key, cx) {
                    Poll::Pending => cut_off::never(),
                    Poll::Ready(()) => panic!(
                        "task `{name}` has no value to give: its scope has ended and it did not succeed; await it \
                         inside the scope, or use `settled()`, whose tasks yield their errors"
                    ),
                }
            }
        }
    }
}

impl<J> Drop for Task<J> {
    fn drop(&mut self) {
        self.frame.scope.forget_stranded(self.key);
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

/// Where a child's end is left for whoever awaits its [`Task`].
pub(super) struct Slot<J>(Mutex<Content<J>>);

enum Content<J> {
    Waiting(Option<Waker>),
    Value(J),
    Taken,
    /// The policy gave nothing for it.
    Never,
}

pub(super) enum Take<J> {
    Value(J),
    NotYet,
    Taken,
    Never,
}

impl<J> Slot<J> {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Content::Waiting(None))))
    }

    /// Leaves what the policy made of the child's end, and wakes who waits for it.
    pub(super) fn fill(&self, joined: Option<J>) {
        let content = joined.map_or(Content::Never, Content::Value);
        let old = mem::replace(&mut *self.lock(), content);
        if let Content::Waiting(Some(waker)) = old {
            waker.wake();
        }
    }

    /// As [`fill`](Self::fill), with what the policy has to say; when it panics, whoever waits is told that there is
    /// nothing to come.
    pub(super) fn fill_with<T>(&self, ask: impl FnOnce() -> (Option<J>, T)) -> T {
        match catch(ask) {
            Ok((joined, told)) => {
                self.fill(joined);
                told
            }
            Err(panic) => {
                discard(catch(|| self.fill(None)));
                panic.resume()
            }
        }
    }

    /// Whether there is a value that nobody has taken.
    pub(super) fn is_unclaimed(&self) -> bool {
        matches!(*self.lock(), Content::Value(_))
    }

    /// Whether the policy gave nothing for it.
    pub(super) fn is_barren(&self) -> bool {
        matches!(*self.lock(), Content::Never)
    }

    /// Looks through what nobody has taken; it may leave something else in its place.
    pub(super) fn reclaim(&self, look: impl FnOnce(J) -> Option<J>) {
        let joined = {
            let mut slot = self.lock();
            // Seeded: who comes meanwhile is told that somebody else has it.
            let meanwhile = cfg!(purview_seeded_bug = "taken-back-for-good").then_some(Content::Taken);
            match mem::replace(&mut *slot, meanwhile.unwrap_or(Content::Waiting(None))) {
                Content::Value(joined) => joined,
                other => {
                    *slot = other;
                    return;
                }
            }
        };
        self.fill_with(|| (look(joined), ()));
    }

    pub(super) fn poll(&self, cx: &Context<'_>) -> Take<J> {
        if let Content::Waiting(Some(waiting)) = &*self.lock() {
            if waiting.will_wake(cx.waker()) {
                return Take::NotYet;
            }
        }
        let waker = cx.waker().clone();
        // One look under one lock: a value that comes and is taken back between two would leave nobody to be woken.
        let (take, left) = self.lock().take_or_wait(waker);
        drop(left);
        take
    }

    fn lock(&self) -> MutexGuard<'_, Content<J>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<J> Content<J> {
    /// Takes what there is, or leaves the waker; and gives the waker that is not needed, to be dropped outside the lock.
    fn take_or_wait(&mut self, waker: Waker) -> (Take<J>, Option<Waker>) {
        match mem::replace(self, Self::Taken) {
            Self::Waiting(old) => {
                *self = Self::Waiting(Some(waker));
                (Take::NotYet, old)
            }
            Self::Value(value) => (Take::Value(value), Some(waker)),
            Self::Taken => (Take::Taken, Some(waker)),
            Self::Never => {
                *self = Self::Never;
                (Take::Never, Some(waker))
            }
        }
    }
}
