use std::{
    borrow::Cow,
    mem,
    sync::{Arc, PoisonError, Weak},
    task::{Context, Poll, Waker},
};

use super::{away::Away, cut_off::is_cut_off, remote::wake};
use crate::{
    cancel::{CancelReason, CancelToken},
    census,
    context::Frame,
    error::{catch, discard},
    policy::End,
    runtime::Spawner,
    sync::{Mutex, MutexGuard},
};

/// A closure on its way through the pool.
pub(super) struct Job<F: Closure> {
    frame: Arc<Frame>,
    state: Mutex<State<F>>,
}

/// A closure for the pool. As a trait with a type of its own for what it returns, which then lives as long as the closure.
pub(super) trait Closure {
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
    /// The scope is gone: nobody will ask how it ended.
    abandoned: bool,
}

enum Stage<F: Closure> {
    Queued(F),
    Running,
    Ended(End<F::Output>),
    Gone,
}

impl<F: Closure> Job<F> {
    pub(super) fn new(frame: Arc<Frame>, f: F) -> Arc<Self> {
        let state = State {
            stage: Stage::Queued(f),
            scope: None,
            asking: false,
            dropped: false,
            abandoned: false,
        };
        Arc::new(Self {
            frame,
            state: Mutex::new(state),
        })
    }

    /// Asks the pool to take it. One that says it does, and drops it, has lost it.
    fn ask<T, E, P>(&self, ask: impl FnOnce() -> Result<Result<T, E>, P>) -> Result<Result<T, E>, P> {
        self.lock().asking = true;
        let answer = ask();
        let dropped = {
            let mut state = self.lock();
            state.asking = false;
            state.dropped
        };
        if dropped && matches!(answer, Ok(Ok(_))) {
            self.lose(DROPPED);
        }
        answer
    }

    /// Runs the closure, on a thread that may block, unless it was skipped.
    fn run(&self) {
        let frame = &self.frame;
        census::blocks(frame);
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
        // It had not started when it was cancelled, and the scope has not come to take it out.
        if let Some(reason) = frame.stopped() {
            self.end(End::Cancelled(reason).after(|| drop(f)));
            return;
        }
        let token = frame.token();
        let end = match catch(|| frame.run_blocking(|| f.call(token))) {
            Ok(value) => End::Returned(value),
            Err(panic) if is_cut_off(&panic) => End::Cancelled(frame.token().reason().unwrap_or(CancelReason::Parent)),
            Err(panic) => End::Panicked(panic),
        };
        self.end(end);
    }

    fn end(&self, end: End<F::Output>) {
        let scope = {
            let mut state = self.lock();
            if state.abandoned {
                state.stage = Stage::Gone;
                drop(state);
                discard(end);
                return;
            }
            state.stage = Stage::Ended(end);
            state.scope.take()
        };
        wake(scope);
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

    fn lock(&self) -> MutexGuard<'_, State<F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Closure<Output: Send> + Send + 'static> Away for Job<F> {
    type Output = F::Output;

    fn give(self: &Arc<Self>, frame: &Arc<Frame>) {
        let runtime = frame.scope.runtime().clone();
        let errand = Errand::new(self);
        match self.ask(|| catch(|| runtime.spawn_blocking(Box::new(|| errand.run())))) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.lose(error.to_string()),
            Err(panic) => {
                self.lose(format!("the runtime panicked when it was given the closure: {panic}"));
                discard(panic);
            }
        }
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<End<F::Output>> {
        let waker = cx.waker().clone();
        let mut state = self.lock();
        if let Some(end) = state.take_end() {
            drop(state);
            return Poll::Ready(end);
        }
        let old = state.scope.replace(waker);
        drop(state);
        drop(old);
        Poll::Pending
    }

    /// Skips it where it has not started.
    fn cut(&self, reason: CancelReason) -> Poll<End<F::Output>> {
        let stage = {
            let mut state = self.lock();
            match mem::replace(&mut state.stage, Stage::Gone) {
                // Seeded: a closure that runs is not waited for.
                Stage::Running if !cfg!(purview_seeded_bug = "running-closure-cut") => {
                    state.stage = Stage::Running;
                    return Poll::Pending;
                }
                other => other,
            }
        };
        Poll::Ready(match stage {
            Stage::Ended(end) => end,
            Stage::Queued(f) => End::Cancelled(reason).after(|| drop(f)),
            Stage::Running | Stage::Gone => End::Cancelled(reason),
        })
    }

    fn abandon(&self) {
        let left = {
            let mut state = self.lock();
            state.abandoned = true;
            (state.take_end(), state.scope.take())
        };
        discard(left);
    }
}

impl<F: Closure> State<F> {
    fn take_end(&mut self) -> Option<End<F::Output>> {
        match mem::replace(&mut self.stage, Stage::Gone) {
            Stage::Ended(end) => Some(end),
            other => {
                self.stage = other;
                None
            }
        }
    }
}

const DROPPED: &str = "the runtime dropped it, as when it shuts down";

/// What the pool is given. A pool that drops it without running it has lost it. The closure is its scope's: a pool that
/// never comes to it keeps nothing of a scope that is gone.
struct Errand<F: Closure>(Weak<Job<F>>);

impl<F: Closure> Errand<F> {
    fn new(job: &Arc<Job<F>>) -> Self {
        Self(Arc::downgrade(job))
    }

    fn run(self) {
        if let Some(job) = self.0.upgrade() {
            job.run();
        }
    }
}

impl<F: Closure> Drop for Errand<F> {
    fn drop(&mut self) {
        let Some(job) = self.0.upgrade() else { return };
        let asking = {
            let mut state = job.lock();
            state.dropped = true;
            state.asking
        };
        if !asking {
            job.lose(DROPPED);
        }
    }
}
