use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{
    child::{Child, Verdict, Work},
    desk::Desk,
    handle::Scope,
    kind::{Boxed, Kind, Local, Threads},
};
use crate::{
    cancel::CancelReason,
    context::{self, Frame, Role},
    error::{Panic, discard},
    policy::{End, Fallible, Policy},
};

/// What an async finalizer may return: nothing, or a `Result` whose error its scope's policy is told of.
pub trait Finalized<P: Policy> {
    /// What the policy is told; nothing after a success.
    #[doc(hidden)]
    fn failure(self) -> Option<End<P::Child<()>>>;
}

impl<P: Policy> Finalized<P> for () {
    fn failure(self) -> Option<End<P::Child<()>>> {
        None
    }
}

impl<P: Fallible> Finalized<P> for Result<(), P::Error> {
    fn failure(self) -> Option<End<P::Child<()>>> {
        let error = self.err()?;
        Some(P::from_result(Err(error)).map_or_else(
            || {
                End::Panicked(Panic::new(Box::new(
                    "a finalizer failed, under a policy without `Fallible::from_result`",
                )))
            },
            End::Returned,
        ))
    }
}

impl<'env, P: Policy, K: Kind> Scope<'env, P, K> {
    fn defer_as<F>(&self, fut: F, forget: impl FnOnce(Box<Finalizer<F>>) -> Boxed<'env, P, K>) {
        let state = &self.shared.state;
        let info = crate::TaskInfo::finalizer(state.naming());
        let frame = Frame::new(info, state.clone(), context::bindings(), Role::Finalizer);
        let finalizer = Box::new(Finalizer {
            frame,
            work: Work::Running { fut },
        });
        drop(self.shared.push_finalizer(forget(finalizer)));
    }
}

impl<'env, P: Policy + Send + 'env> Scope<'env, P, Threads> {
    /// Leaves something to be done when the scope ends, in whatever way: an async destructor of the scope.
    ///
    /// Finalizers run one after the other, last in first out, when the body and all children are gone: after a value,
    /// an error, a panic, a deadline or a cancellation. They may borrow what children may borrow. They run shielded:
    /// the cancellation of the scope is not visible in them, and only the end of its [grace](crate::Builder::grace)
    /// cuts them off; under a grace of zero they do not run in a scope that was cancelled. While one is pending the
    /// task that the scope runs in holds.
    ///
    /// An error or a panic of one enters the policy like a child's, after those already seen, and does not stop the
    /// others. Called from a child, it belongs to this scope; after the scope's end, or where the scope's future is
    /// dropped, finalizers are dropped without being polled. Taken from ZIO's `Scope` and Python's `AsyncExitStack`.
    ///
    /// # Examples
    ///
    /// Acquire, use, release, as `async with` does it in Python:
    ///
    /// ```
    /// # use std::sync::Mutex;
    /// struct Connection<'a>(&'a Mutex<Vec<&'static str>>);
    /// impl Connection<'_> {
    ///     async fn query(&self) { self.0.lock().unwrap().push("query") }
    ///     async fn close(&self) { self.0.lock().unwrap().push("close") }
    /// }
    ///
    /// let log = Mutex::new(Vec::new());
    /// let connection = Connection(&log);
    /// purview_core::block_on(purview_core::scope(async |s| {
    ///     s.defer(connection.close());
    ///     s.spawn(connection.query()).await;
    /// }));
    /// assert_eq!(*log.lock().unwrap(), ["query", "close"]);
    /// ```
    pub fn defer<F>(&self, fut: F)
    where
        F: Future<Output: Finalized<P>> + Send + 'env,
    {
        self.defer_as(fut, |finalizer| Box::into_pin(finalizer));
    }
}

impl<'env, P: Policy + 'env> Scope<'env, P, Local> {
    /// As in a `Send` scope, for futures that need not be `Send`.
    pub fn defer<F>(&self, fut: F)
    where
        F: Future<Output: Finalized<P>> + 'env,
    {
        self.defer_as(fut, |finalizer| Box::into_pin(finalizer));
    }
}

pin_project! {
    struct Finalizer<F> {
        frame: Arc<Frame>,
        #[pin]
        work: Work<F>,
    }
}

impl<P: Policy, F: Future<Output: Finalized<P>>> Child<P> for Finalizer<F> {
    fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>, desk: &Desk<P>) -> Poll<Verdict> {
        let this = self.project();
        let end = ready!(this.work.poll(this.frame, cx));
        let end = match end {
            End::Returned(value) => value.failure(),
            End::Panicked(panic) => Some(End::Panicked(panic)),
            End::Cancelled(reason) => Some(End::Cancelled(reason)),
        };
        Poll::Ready(report(desk, this.frame, end))
    }

    fn cut(self: Pin<&mut Self>, reason: CancelReason, desk: &Desk<P>) -> Poll<Verdict> {
        let this = self.project();
        Poll::Ready(report(desk, this.frame, Some(this.work.cut(reason))))
    }
}

/// Nobody awaits a finalizer, so whatever the policy makes of its end goes back to it at once.
fn report<P: Policy>(desk: &Desk<P>, frame: &Frame, end: Option<End<P::Child<()>>>) -> Verdict {
    let Some(end) = end else { return Verdict::quiet() };
    Verdict::of(desk, end, |end| {
        let (left, flow) = desk.ask(|policy| {
            let (joined, flow) = policy.child_ended::<()>(&frame.info, end);
            let left = match joined {
                Some(joined) if policy.keeps_unclaimed::<()>(&joined) => policy.unclaimed::<()>(&frame.info, joined),
                joined => joined,
            };
            (left, flow)
        });
        discard(left);
        (flow, false)
    })
}
