use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use super::{
    child::{Child, Verdict, abandon, report_from_elsewhere},
    desk::Desk,
    handle::Scope,
    kind::Kind,
    remote::{Errand, Remote},
    spawn::{Parallel, TaskBuilder, refuse},
    task::{Slot, Task},
};
use crate::{
    cancel::CancelReason,
    context::Frame,
    error::{RejectReason, catch, discard},
    policy::{End, Policy},
    runtime::Spawner,
};

impl<'env, P: Policy, K: Kind> Scope<'env, P, K> {
    /// Spawns a child that runs on the executor's threads, in parallel with the scope; a local scope may have such
    /// children too.
    ///
    /// It belongs to the scope like any other child: the scope waits for it, its end goes to the policy, and names,
    /// context values, deadline and tokens are those of the scope. It starts when the scope is next polled. Where the
    /// runtime has no executor, or refuses it, it runs in the scope's own task: a runtime-neutral library can always
    /// call this.
    ///
    /// When the scope is cancelled or its future is dropped, a parallel child that is idle or queued is destroyed before
    /// that returns; one that another thread is polling finishes that poll and is dropped there. Awaiting the end of the
    /// scope waits for both.
    ///
    /// A child that its executor throws away, as when the runtime shuts down, is cancelled; where the policy has no
    /// value for that, the whole scope is.
    ///
    /// ```
    /// let sum = purview_core::block_on(purview_core::scope(async |s| {
    ///     let halves = [0..500_u64, 500..1000].map(|half| s.spawn_parallel(async move { half.sum::<u64>() }));
    ///     let [a, b] = halves;
    ///     a.await + b.await
    /// }));
    /// assert_eq!(sum, 499_500);
    /// ```
    #[track_caller]
    pub fn spawn_parallel<T, F>(&self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + Send + 'static,
        T: Send + 'static,
        P: 'env,
        P::Child<T>: Send,
        P::Joined<T>: Send + 'env,
    {
        self.task().parallel().spawn(fut)
    }
}

impl<'env, P: Policy + 'env, K: Kind> TaskBuilder<'env, P, K, Parallel> {
    /// As [`Scope::spawn_parallel`], with these options.
    #[track_caller]
    pub fn spawn<T, F>(mut self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + Send + 'static,
        T: Send + 'static,
        P::Child<T>: Send,
        P::Joined<T>: Send + 'env,
    {
        let frame = self.frame();
        let slot = Slot::new();
        let task = Task::new(slot.clone(), frame.clone());
        if let Some(reason) = self.scope.shared.refusal() {
            drop(fut);
            refuse::<P, T>(&frame, &slot, reason);
            return task;
        }
        let remote = Remote::new(frame.clone(), fut);
        let child = Box::new(ParallelChild::<P, T, F> {
            frame: frame.clone(),
            slot: slot.clone(),
            remote,
            given: false,
        });
        if let Some(child) = self.enlist(&frame, child, |child| K::accept(child)) {
            drop(child);
            refuse::<P, T>(&frame, &slot, RejectReason::Ended);
        }
        task
    }
}

/// What the scope keeps of a child that runs on the executor.
struct ParallelChild<P: Policy, T, F: Future> {
    frame: Arc<Frame>,
    slot: Arc<Slot<P::Joined<T>>>,
    remote: Arc<Remote<F>>,
    /// The executor has been asked to take it.
    given: bool,
}

impl<P: Policy, T, F> ParallelChild<P, T, F>
where
    F: Future<Output = P::Child<T>> + Send + 'static,
    P::Child<T>: Send,
{
    fn give_away(&mut self) {
        self.given = true;
        let errand = Box::pin(Errand::new(&self.remote));
        let runtime = self.frame.scope.runtime().clone();
        // What it does not take it drops, and a future that has not run goes on in the scope.
        let taken = catch(|| runtime.spawn(errand));
        if !matches!(taken, Ok(Ok(()))) {
            discard(taken);
            self.remote.keep_in_scope();
        }
    }

    fn ended(&self, desk: &Desk<P>, end: End<P::Child<T>>) -> Verdict {
        report_from_elsewhere::<P, T>(desk, &self.frame, &self.slot, end)
    }
}

impl<P: Policy, T, F: Future> Unpin for ParallelChild<P, T, F> {}

impl<P: Policy, T, F> Child<P> for ParallelChild<P, T, F>
where
    F: Future<Output = P::Child<T>> + Send + 'static,
    P::Child<T>: Send,
{
    fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>, desk: &Desk<P>) -> Poll<Verdict> {
        let this = self.get_mut();
        if let Some(reason) = this.frame.stopped().filter(|_| !this.frame.holds()) {
            if let Poll::Ready(end) = this.remote.cut(reason) {
                return Poll::Ready(this.ended(desk, end));
            }
        } else if !this.given {
            this.give_away();
        }
        let end = ready!(this.remote.poll_in_scope(cx));
        Poll::Ready(this.ended(desk, end))
    }

    fn cut(self: Pin<&mut Self>, reason: CancelReason, desk: &Desk<P>) -> Poll<Verdict> {
        let end = ready!(self.remote.cut(reason));
        Poll::Ready(self.ended(desk, end))
    }

    fn abandon(self: Pin<&mut Self>, reason: CancelReason) {
        self.remote.abandon();
        abandon::<P, T>(&self.frame, &self.slot, reason);
    }

    fn is_unclaimed(&self) -> bool {
        self.slot.is_unclaimed()
    }

    fn reclaim(self: Pin<&mut Self>, desk: &Desk<P>) {
        self.slot
            .reclaim(|joined| desk.ask(|policy| policy.unclaimed::<T>(&self.frame.info, joined)));
    }
}
