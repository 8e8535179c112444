//! What a child's end means: for its siblings, for its [`Task`](crate::Task), and for the whole scope.
//!
//! The engine of a scope polls, cancels, waits and drops; it asks the policy about everything else. Three policies are
//! built in ([`JoinAll`], [`FailFast`], [`Settled`]); a scope runs under a policy of your own with
//! [`with_policy`](crate::with_policy).

mod fail_fast;
mod join_all;
mod settled;

use std::ops::ControlFlow;

pub use {fail_fast::FailFast, join_all::JoinAll, settled::Settled};

use crate::{
    cancel::CancelReason,
    context::current,
    panic::{FirstPanic, Panic, catch, discard},
    tree::{TaskId, TaskInfo},
};

/// How a child or a body ended.
#[derive(Debug)]
pub enum End<C> {
    /// It returned.
    Returned(C),
    /// It panicked, in a poll or in its destructor.
    Panicked(Panic),
    /// It was dropped before it had ended.
    Cancelled(CancelReason),
}

impl<C> End<C> {
    /// How it ended when this has been done too: a panic takes the place of everything but an earlier panic.
    pub(crate) fn after(self, last: impl FnOnce()) -> Self {
        match catch(last) {
            Ok(()) => self,
            Err(later) => self.panicked_later(later),
        }
    }

    /// The same, where the later panic has been caught.
    #[cold]
    pub(crate) fn panicked_later(self, later: Panic) -> Self {
        match self {
            Self::Panicked(first) => {
                discard(later);
                Self::Panicked(first)
            }
            other => {
                discard(other);
                Self::Panicked(later)
            }
        }
    }

    /// It is not reported, but for a panic.
    pub(crate) fn drop_into(self, panicked: &mut FirstPanic) {
        match self {
            Self::Panicked(panic) => panicked.keep(panic),
            other => panicked.run(|| drop(other)),
        }
    }
}

/// Decides what the end of each child means.
///
/// The scope calls it in the task that awaits the scope, never under a lock, once for each child that it accepted, in
/// the order in which they ended; for one of [`start`](crate::Scope::start) only where it was ready. A panic in a policy
/// cancels the scope and is resumed in the awaiting task.
///
/// # Examples
///
/// A policy that only counts, over children of any type:
///
/// ```
/// # use purview_core as purview;
/// use purview::{CancelReason, End, Policy, TaskInfo, with_policy};
/// use std::ops::ControlFlow;
///
/// struct Count(usize);
///
/// impl Policy for Count {
///     type Child<T> = T;
///     type Joined<T> = Option<T>;
///     type Output<R> = (Option<R>, usize);
///
///     fn child_ended<T>(&mut self, _: &TaskInfo, end: End<T>) -> (Option<Option<T>>, ControlFlow<()>) {
///         self.0 += 1;
///         let value = if let End::Returned(value) = end { Some(value) } else { None };
///         (Some(value), ControlFlow::Continue(()))
///     }
///     fn body_ended<R>(&mut self, end: End<R>) -> (Option<R>, ControlFlow<()>) {
///         (if let End::Returned(value) = end { Some(value) } else { None }, ControlFlow::Continue(()))
///     }
///     fn finish<R>(self, body: Option<R>, _: Option<CancelReason>) -> (Option<R>, usize) {
///         (body, self.0)
///     }
/// }
///
/// let out = purview::block_on(with_policy(Count(0)).run(async |s| {
///     s.spawn(async { 1 });
///     s.spawn(async { "two" });
///     "body"
/// }));
/// assert_eq!(out, (Some("body"), 2));
/// ```
pub trait Policy {
    /// What a child that gives a `T` returns: `T` itself, or a `Result`.
    type Child<T>;
    /// What awaiting its [`Task`](crate::Task) yields.
    type Joined<T>;
    /// What the scope resolves to, when its body gives an `R`.
    type Output<R>;

    /// A child has ended, and its future has been dropped.
    ///
    /// Gives what its `Task` yields (`None`: it never yields) and whether the scope continues. `Break` cancels it,
    /// with reason [`Panicked`](CancelReason::Panicked) after a panic and [`Failed`](CancelReason::Failed) otherwise.
    /// In a scope that is being cancelled already it has no effect.
    fn child_ended<T>(
        &mut self,
        task: &TaskInfo,
        end: End<Self::Child<T>>,
    ) -> (Option<Self::Joined<T>>, ControlFlow<()>);

    /// The body has ended; gives its value, if it has one, and whether the scope continues.
    fn body_ended<R>(&mut self, end: End<Self::Child<R>>) -> (Option<R>, ControlFlow<()>);

    /// Body and children have ended: what the scope resolves to. `stop` is why it was cancelled, if it was.
    fn finish<R>(self, body: Option<R>, stop: Option<CancelReason>) -> Self::Output<R>;

    /// A [`cancel_on`](crate::Builder::cancel_on) token, the deadline or the parent has stopped the scope while its body or
    /// children other than daemons were under way. Called at most once, before [`finish`](Self::finish).
    ///
    /// So a policy can distinguish such a stop from one through the scope's own handle or token, after which a body's value
    /// may still be the whole result. By default it does nothing.
    fn stopped_by_others(&mut self) {}

    /// Whether on cancellation the children go first, so that the body sees their tasks resolve and can return what it
    /// has. By default the body goes first.
    fn keeps_body(&self) -> bool {
        false
    }

    /// What the `Task` of a child yields that its scope did not accept, because it was cancelled or had ended.
    ///
    /// By default nothing: awaiting such a task is pending while the scope is being cancelled, and panics after.
    fn refused<T>(reason: CancelReason) -> Option<Self::Joined<T>> {
        let _ = reason;
        None
    }

    /// Whether what a child returned is a failure: [observers](crate::inspect::Observer) are told so, and with the feature
    /// `tracing` its span, whose `outcome` is then `failed` and not `returned`. By default nothing is.
    fn is_failure<T>(child: &Self::Child<T>) -> bool {
        let _ = child;
        false
    }

    /// Whether what a child's `Task` would yield must come back through [`unclaimed`](Self::unclaimed) if the task is
    /// never awaited. By default it need not.
    fn keeps_unclaimed<T>(&self, joined: &Self::Joined<T>) -> bool {
        let _ = joined;
        false
    }

    /// At the end of the scope, for each child with [`keeps_unclaimed`](Self::keeps_unclaimed) whose task was not awaited,
    /// in the order in which they ended: what the task yields from now on.
    fn unclaimed<T>(&mut self, task: &TaskInfo, joined: Self::Joined<T>) -> Option<Self::Joined<T>> {
        let _ = task;
        Some(joined)
    }

    /// Whether [`finish`](Self::finish) has anything to give. If not, as in a [`scope`](crate::scope()) that its parent
    /// cancelled, the scope stays pending until the parent drops it.
    fn can_finish(&self, has_value: bool, stop: Option<&CancelReason>) -> bool {
        let _ = (has_value, stop);
        true
    }
}

/// A policy whose children can fail: what [`start`](crate::Scope::start) and a failing
/// [`defer`](crate::Scope::defer) need to know.
pub trait Fallible: Policy {
    /// What a child fails with.
    type Error;

    /// Takes what a child returned apart.
    ///
    /// # Errors
    ///
    /// What the child failed with.
    fn into_result<T>(child: Self::Child<T>) -> Result<T, Self::Error>;

    /// Puts it together again: how the error of a finalizer enters the policy, as a child that returned it.
    ///
    /// For a policy that gives `None`, which is the default, a failing finalizer is reported as one that panicked.
    fn from_result<T>(result: Result<T, Self::Error>) -> Option<Self::Child<T>> {
        drop(result);
        None
    }
}

/// The body as a task: the engine calls `body_ended` inside it.
fn body() -> TaskInfo {
    current().unwrap_or_else(|| TaskInfo::named(TaskId::next(), "body".into()))
}
