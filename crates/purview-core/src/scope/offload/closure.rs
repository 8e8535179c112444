use std::{
    borrow::Cow,
    mem,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Waker},
};

use super::{DROPPED_BY_THE_RUNTIME, Offload, pool_call::PoolCall};
use crate::{
    cancel::{CancelReason, CancelToken},
    context::{Env, unwind},
    panic::{catch, discard},
    policy::End,
    runtime::give_closure,
    sync::{Mutex, MutexGuard},
    tree::{HoldKind, TaskNode},
    wake::wake_quietly,
};

/// A closure on its way through the pool.
pub(in crate::scope) struct BlockingCall<F: Closure> {
    task: Arc<TaskNode>,
    state: Mutex<State<F>>,
}

/// A closure for the pool. As a trait with a type of its own for what it returns, which then lives as long as the closure.
pub(in crate::scope) trait Closure {
    type Output;

    fn call(self, token: CancelToken) -> Self::Output;
}

impl<F: FnOnce(CancelToken) -> O, O> Closure for F {
    type Output = O;

    fn call(self, token: CancelToken) -> O {
        self(token)
    }
}

pub(super) struct State<F: Closure> {
    stage: Stage<F>,
    scope: Option<Waker>,
    /// The pool is being asked: what it says counts, not that it drops what it refuses.
    pub(super) asking: bool,
    /// The pool has dropped it.
    pub(super) dropped: bool,
    /// The scope was dropped: it will not ask how this ended.
    abandoned: bool,
}

enum Stage<F: Closure> {
    Queued(F, Env),
    Running,
    Ended(End<F::Output>),
    /// Its end was taken, or it was skipped.
    Empty,
}

impl<F: Closure> BlockingCall<F> {
    pub(in crate::scope) fn new(env: Env, f: F) -> Arc<Self> {
        let task = env.task().expect("a closure has its node from the start").clone();
        let state = State {
            stage: Stage::Queued(f, env),
            scope: None,
            asking: false,
            dropped: false,
            abandoned: false,
        };
        Arc::new(Self {
            task,
            state: Mutex::new(state),
        })
    }

    /// Asks the pool to take it. One that says it does, and drops it, has lost it.
    fn ask(&self, ask: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
        self.lock().asking = true;
        let answer = ask();
        let dropped = {
            let mut state = self.lock();
            state.asking = false;
            state.dropped
        };
        if dropped && answer.is_ok() {
            self.lose(DROPPED_BY_THE_RUNTIME);
        }
        answer
    }

    /// Runs the closure, on a thread that may block, unless it was skipped.
    pub(super) fn run(&self) {
        let task = &self.task;
        task.note_blocking();
        // Before it can be seen that it runs: the scopes around wait for its end, also when they have dropped what is in
        // between.
        task.scope.hold(HoldKind::Elsewhere);
        self.run_held();
        task.scope.let_go(HoldKind::Elsewhere);
    }

    fn run_held(&self) {
        let task = &self.task;
        let (f, mut env) = {
            let mut state = self.lock();
            match mem::replace(&mut state.stage, Stage::Running) {
                Stage::Queued(f, env) => (f, env),
                other => {
                    state.stage = other;
                    return;
                }
            }
        };
        // It had not started when it was cancelled, and the scope has not come to take it out.
        if let Some(reason) = task.stopped() {
            self.end(End::Cancelled(reason.clone()).after(|| drop((f, env))));
            return;
        }
        let token = task.token();
        let mut span = env.take_span();
        let mut env = env.may_block();
        let called = catch(|| {
            span.begin(&env);
            let _entered = env.enter();
            span.call(|| f.call(token))
        });
        span.close();
        let end = match called {
            Ok(value) => End::Returned(value),
            Err(panic) if unwind::is_unwound(&panic) => {
                End::Cancelled(task.token().reason().unwrap_or(CancelReason::Parent))
            }
            Err(panic) => End::Panicked(panic),
        };
        self.end(end);
    }

    fn end(&self, end: End<F::Output>) {
        let scope = {
            let mut state = self.lock();
            if state.abandoned {
                state.stage = Stage::Empty;
                drop(state);
                discard(end);
                return;
            }
            state.stage = Stage::Ended(end);
            state.scope.take()
        };
        wake_quietly(scope);
    }

    /// The pool will not run it.
    pub(super) fn lose(&self, why: impl Into<Cow<'static, str>>) {
        let skipped = {
            let mut state = self.lock();
            match mem::replace(&mut state.stage, Stage::Running) {
                Stage::Queued(f, env) => (f, env),
                other => {
                    state.stage = other;
                    return;
                }
            }
        };
        discard(skipped);
        self.end(End::Cancelled(CancelReason::Requested(Some(why.into()))));
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State<F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Closure<Output: Send> + Send + 'static> Offload for BlockingCall<F> {
    type Output = F::Output;

    fn give(self: &Arc<Self>, task: &Arc<TaskNode>) {
        let runtime = task.scope.runtime();
        let call = PoolCall::new(self);
        if let Err(why) = self.ask(|| give_closure(&*runtime, || call.run())) {
            self.lose(why);
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
            match mem::replace(&mut state.stage, Stage::Empty) {
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
            Stage::Queued(f, _) => End::Cancelled(reason).after(|| drop(f)),
            Stage::Running | Stage::Empty => End::Cancelled(reason),
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
        match mem::replace(&mut self.stage, Stage::Empty) {
            Stage::Ended(end) => Some(end),
            other => {
                self.stage = other;
                None
            }
        }
    }
}
