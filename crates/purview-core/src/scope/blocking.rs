use std::{
    borrow::Cow,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use super::{
    child::{Child, Verdict, report},
    desk::Desk,
    handle::Scope,
    kind::Kind,
    spawn::{Here, TaskBuilder, refuse},
    task::{Slot, Task},
};
use crate::{
    cancel::{CancelReason, CancelToken},
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
    /// When the scope's future is dropped, a closure that is running goes on, and its result is dropped.
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
        let job = Arc::new(Job(Mutex::new(State {
            stage: Stage::Queued(f),
            scope: None,
            asking: false,
            dropped: false,
        })));
        let child = Box::new(BlockingChild::<P, T, F> {
            frame: frame.clone(),
            slot: slot.clone(),
            job,
            given: false,
        });
        if let Some(child) = self.enlist(&frame, child, |child| K::accept(child)) {
            drop(child);
            refuse::<P, T>(&frame, &slot, RejectReason::Ended);
        }
        task
    }
}

/// A closure on its way through the pool.
struct Job<F: Closure>(Mutex<State<F>>);

/// A closure for the pool. As a trait with a type of its own for what it returns, which then lives as long as the closure.
trait Closure {
    type Output;

    fn call(self, token: CancelToken) -> Self::Output;
}

impl<F: FnOnce(CancelToken) -> O, O> Closure for F {
    type Output = O;

    fn call(self, token: CancelToken) -> O {
        self(token)
    }
}

struct State<F: Closure> {
    stage: Stage<F>,
    scope: Option<Waker>,
    /// The pool is being asked: what it says counts, not that it drops what it refuses.
    asking: bool,
    /// The pool has dropped it.
    dropped: bool,
}

enum Stage<F: Closure> {
    Queued(F),
    Running,
    Ended(End<F::Output>),
    Gone,
}

impl<F: Closure> Job<F> {
    /// Runs the closure, on a thread that may block, unless it was skipped.
    fn run(&self, frame: &Arc<Frame>) {
        let f = {
            let mut state = self.lock();
            match mem::replace(&mut state.stage, Stage::Running) {
                Stage::Queued(f) => f,
                other => {
                    state.stage = other;
                    return;
                }
            }
        };
        let token = frame.token();
        let end = match catch(|| frame.run_blocking(|| f.call(token))) {
            Ok(value) => End::Returned(value),
            Err(panic) => End::Panicked(panic),
        };
        self.end(end);
    }

    fn end(&self, end: End<F::Output>) {
        let scope = {
            let mut state = self.lock();
            state.stage = Stage::Ended(end);
            state.scope.take()
        };
        if let Some(scope) = scope {
            scope.wake();
        }
    }

    /// Nobody will run it.
    fn lose(&self, why: impl Into<Cow<'static, str>>) {
        let skipped = {
            let mut state = self.lock();
            match mem::replace(&mut state.stage, Stage::Running) {
                Stage::Queued(f) => f,
                other => {
                    state.stage = other;
                    return;
                }
            }
        };
        discard(skipped);
        self.end(End::Cancelled(CancelReason::Requested(Some(why.into()))));
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<End<F::Output>> {
        let waker = cx.waker().clone();
        let mut state = self.lock();
        let old = match mem::replace(&mut state.stage, Stage::Gone) {
            Stage::Ended(end) => {
                drop(state);
                return Poll::Ready(end);
            }
            other => {
                state.stage = other;
                state.scope.replace(waker)
            }
        };
        drop(state);
        drop(old);
        Poll::Pending
    }

    /// Skips it where it has not started.
    fn cut(&self, reason: CancelReason) -> Poll<End<F::Output>> {
        let stage = {
            let mut state = self.lock();
            match mem::replace(&mut state.stage, Stage::Gone) {
                Stage::Running => {
                    state.stage = Stage::Running;
                    return Poll::Pending;
                }
                other => other,
            }
        };
        Poll::Ready(match stage {
            Stage::Ended(end) => end,
            Stage::Queued(f) => match catch(|| drop(f)) {
                Ok(()) => End::Cancelled(reason),
                Err(panic) => End::Panicked(panic),
            },
            Stage::Running | Stage::Gone => End::Cancelled(reason),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State<F>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the pool is given. A pool that drops it without running it has lost it.
struct Errand<F: Closure>(Arc<Job<F>>);

impl<F: Closure> Drop for Errand<F> {
    fn drop(&mut self) {
        let asking = {
            let mut state = self.0.lock();
            state.dropped = true;
            state.asking
        };
        if !asking {
            self.0.lose("the runtime dropped it, as when it shuts down");
        }
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
        let errand = Errand(self.job.clone());
        let frame = self.frame.clone();
        self.job.lock().asking = true;
        let taken = catch(|| runtime.spawn_blocking(run_later(errand, frame)));
        let dropped = {
            let mut state = self.job.lock();
            state.asking = false;
            state.dropped
        };
        match taken {
            Ok(Ok(())) if dropped => self.job.lose("the runtime dropped it, as when it shuts down"),
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.job.lose(error.to_string()),
            Err(panic) => self
                .job
                .lose(format!("the runtime panicked when it was given the closure: {panic}")),
        }
    }

    fn ended(&self, desk: &Desk<P>, end: End<P::Child<T>>) -> Verdict {
        let lost = match &end {
            End::Cancelled(reason) if self.frame.stopped().is_none() => Some(reason.clone()),
            _ => None,
        };
        report::<P, T>(desk, &self.frame, &self.slot, end).lost(lost.filter(|_| self.slot.is_barren()))
    }
}

fn run_later<F>(errand: Errand<F>, frame: Arc<Frame>) -> Box<dyn FnOnce() + Send>
where
    F: Closure<Output: Send> + Send + 'static,
{
    Box::new(move || errand.0.run(&frame))
}

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
        self.slot.fill(P::refused::<T>(reason));
        self.frame.end();
    }

    fn is_unclaimed(&self) -> bool {
        self.slot.is_unclaimed()
    }

    fn reclaim(self: Pin<&mut Self>, desk: &Desk<P>) {
        self.slot
            .reclaim(|joined| desk.ask(|policy| policy.unclaimed::<T>(&self.frame.info, joined)));
    }
}

impl<P: Policy, T, F: Closure> Unpin for BlockingChild<P, T, F> {}
