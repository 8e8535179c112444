use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use super::{
    child::{Child, Verdict, abandon, report_from_elsewhere},
    desk::Desk,
    handle::Scope,
    job::{Closure, Errand, Job},
    kind::Kind,
    spawn::{Here, TaskBuilder, refuse},
    task::{Slot, Task},
};
use crate::{
    cancel::{CancelReason, CancelToken},
    census,
    context::Frame,
    error::{RejectReason, catch, discard},
    policy::{End, Policy},
    runtime::Spawner,
};

impl<'env, P: Policy, K: Kind> Scope<'env, P, K> {
    /// Runs a closure that may block on the runtime's pool for such, as a child of the scope; it returns what a child
    /// returns.
    ///
    /// The closure is given a token that fires when it, or the scope, is cancelled: ask it now and then. A closure that
    /// has started is waited for, whatever the grace; one that has not is skipped. Where the runtime has no pool, or
    /// refuses, the child is cancelled with a reason that says so; where the policy has no value for that, the scope is.
    ///
    /// Inside, [`current`](crate::current), [`deadline`](crate::deadline) and context values are the child's, and
    /// [`block_on`](crate::block_on) may be called.
    ///
    /// When the scope's future is dropped, a closure that is running goes on, and its result is dropped. As Python's
    /// `asyncio.to_thread`, and trio's `to_thread.run_sync`.
    #[track_caller]
    pub fn spawn_blocking<T, F>(&self, f: F) -> Task<P::Joined<T>>
    where
        F: FnOnce(CancelToken) -> P::Child<T> + Send + 'static,
        T: Send + 'static,
        P: 'env,
        P::Child<T>: Send,
        P::Joined<T>: Send + 'env,
    {
        self.task().spawn_blocking(f)
    }
}

impl<'env, P: Policy, K: Kind> TaskBuilder<'env, P, K, Here> {
    /// As [`Scope::spawn_blocking`], with these options.
    #[track_caller]
    pub fn spawn_blocking<T, F>(mut self, f: F) -> Task<P::Joined<T>>
    where
        F: FnOnce(CancelToken) -> P::Child<T> + Send + 'static,
        T: Send + 'static,
        P: 'env,
        P::Child<T>: Send,
        P::Joined<T>: Send + 'env,
    {
        let frame = self.frame();
        let slot = Slot::new();
        let task = Task::new(slot.clone(), frame.clone());
        if let Some(reason) = self.scope.shared.refusal() {
            drop(f);
            refuse::<P, T>(&frame, &slot, reason);
            return task;
        }
        let child = Box::new(BlockingChild::<P, T, F> {
            frame: frame.clone(),
            slot: slot.clone(),
            job: Job::new(f),
            given: false,
        });
        if let Some(child) = self.enlist(&frame, child, |child| K::accept(child)) {
            drop(child);
            refuse::<P, T>(&frame, &slot, RejectReason::Ended);
        }
        task
    }
}

struct BlockingChild<P: Policy, T, F: Closure> {
    frame: Arc<Frame>,
    slot: Arc<Slot<P::Joined<T>>>,
    job: Arc<Job<F>>,
    /// The pool has been asked to run it.
    given: bool,
}

impl<P: Policy, T, F> BlockingChild<P, T, F>
where
    F: FnOnce(CancelToken) -> P::Child<T> + Send + 'static,
    T: 'static,
    P::Child<T>: Send,
{
    fn give_away(&mut self) {
        self.given = true;
        let runtime = self.frame.scope.runtime().clone();
        let (errand, frame) = (Errand::new(&self.job), self.frame.clone());
        let taken = self
            .job
            .ask(|| catch(|| runtime.spawn_blocking(run_later(errand, frame))));
        match taken {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.job.lose(error.to_string()),
            Err(panic) => {
                self.job
                    .lose(format!("the runtime panicked when it was given the closure: {panic}"));
                discard(panic);
            }
        }
    }

    fn ended(&self, desk: &Desk<P>, end: End<P::Child<T>>) -> Verdict {
        report_from_elsewhere::<P, T>(desk, &self.frame, &self.slot, end)
    }
}

fn run_later<F>(errand: Errand<F>, frame: Arc<Frame>) -> Box<dyn FnOnce() + Send>
where
    F: Closure<Output: Send> + Send + 'static,
{
    Box::new(move || {
        census::blocks(&frame);
        errand.run(&frame);
    })
}

impl<P: Policy, T, F: Closure> Unpin for BlockingChild<P, T, F> {}

impl<P: Policy, T, F> Child<P> for BlockingChild<P, T, F>
where
    F: FnOnce(CancelToken) -> P::Child<T> + Send + 'static,
    T: 'static,
    P::Child<T>: Send,
{
    fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>, desk: &Desk<P>) -> Poll<Verdict> {
        let this = self.get_mut();
        if let Some(reason) = this.frame.stopped().filter(|_| !this.frame.holds()) {
            if let Poll::Ready(end) = this.job.cut(reason) {
                return Poll::Ready(this.ended(desk, end));
            }
        } else if !this.given {
            this.give_away();
        }
        let end = ready!(this.job.poll(cx));
        Poll::Ready(this.ended(desk, end))
    }

    fn cut(self: Pin<&mut Self>, reason: CancelReason, desk: &Desk<P>) -> Poll<Verdict> {
        let end = ready!(self.job.cut(reason));
        Poll::Ready(self.ended(desk, end))
    }

    fn abandon(self: Pin<&mut Self>, reason: CancelReason) {
        self.job.abandon();
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
