use std::{
    mem,
    sync::{Arc, PoisonError, Weak},
    task::{Context, Poll, Waker},
};

use crate::{
    context::{self, Env, TaskSpan, unwind},
    panic::{Panic, catch, discard},
    runtime::{Runtime, give_closure},
    sync::{Mutex, MutexGuard},
    tree::{HoldKind, TaskNode},
    wake::wake_quietly,
};

/// A closure on its way through a pool, and what came of it.
pub(super) struct Closure<T>(Mutex<State<T>>);

struct State<T> {
    stage: Stage<T>,
    waker: Option<Waker>,
}

enum Stage<T> {
    Queued(Box<dyn FnOnce() -> T + Send>),
    Running,
    Returned(T),
    Panicked(Panic),
    /// It unwound out of a `block_on`, because the task that awaits it was cancelled.
    Unwound,
    /// The runtime does not run it.
    Lost(String),
    /// Nothing will ask for it.
    Done,
}

/// How a closure ended.
pub(super) enum Ended<T> {
    Returned(T),
    Panicked(Panic),
    Unwound,
    Lost(String),
}

impl<T: Send + 'static> Closure<T> {
    pub(super) fn new(f: impl FnOnce() -> T + Send + 'static) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            stage: Stage::Queued(Box::new(f)),
            waker: None,
        })))
    }

    /// Has the pool of the runtime take it, in what surrounds the caller. While it runs, `waiting` holds.
    pub(super) fn give(self: &Arc<Self>, runtime: &dyn Runtime, waiting: Option<Arc<TaskNode>>) {
        let call = PoolCall(Arc::downgrade(self));
        let (env, span) = (context::of_closure(), TaskSpan::here());
        if let Err(why) = give_closure(runtime, move || call.run(env, span, waiting)) {
            self.lose(why);
        }
    }

    fn run(&self, mut env: Env, span: TaskSpan) {
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
        let called = catch(|| {
            let _entered = env.enter();
            span.run(f)
        });
        span.close();
        self.end(match called {
            Ok(value) => Stage::Returned(value),
            Err(panic) if unwind::is_unwound(&panic) => Stage::Unwound,
            Err(panic) => Stage::Panicked(panic),
        });
    }
}

impl<T> Closure<T> {
    fn end(&self, ended: Stage<T>) {
        let (unwanted, waker) = {
            let mut state = self.lock();
            if matches!(state.stage, Stage::Done) {
                (Some(ended), None)
            } else {
                state.stage = ended;
                (None, state.waker.take())
            }
        };
        discard(unwanted);
        wake_quietly(waker);
    }

    /// The pool does not run it; the first to say why is believed, unless the runtime itself does.
    fn lose(&self, why: String) {
        let unused = {
            let mut state = self.lock();
            match mem::replace(&mut state.stage, Stage::Running) {
                Stage::Queued(f) => Some(f),
                Stage::Lost(_) => None,
                other => {
                    state.stage = other;
                    return;
                }
            }
        };
        discard(unused);
        self.end(Stage::Lost(why));
    }

    /// Drops it where it has not started, and then gives true: it never will.
    pub(super) fn skip(&self) -> bool {
        let unused = {
            let mut state = self.lock();
            match mem::replace(&mut state.stage, Stage::Done) {
                Stage::Queued(f) => f,
                other => {
                    state.stage = other;
                    return false;
                }
            }
        };
        drop(unused);
        true
    }

    /// Nothing asks for it any more: one that runs keeps running, and what it returns is dropped.
    pub(super) fn abandon(&self) {
        let (stage, waker) = {
            let mut state = self.lock();
            (mem::replace(&mut state.stage, Stage::Done), state.waker.take())
        };
        drop(stage);
        drop(waker);
    }

    pub(super) fn poll(&self, cx: &Context<'_>) -> Poll<Ended<T>> {
        let waker = cx.waker().clone();
        let mut state = self.lock();
        let ended = match mem::replace(&mut state.stage, Stage::Done) {
            Stage::Returned(value) => Ended::Returned(value),
            Stage::Panicked(panic) => Ended::Panicked(panic),
            Stage::Unwound => Ended::Unwound,
            Stage::Lost(why) => Ended::Lost(why),
            other => {
                state.stage = other;
                let old = state.waker.replace(waker);
                drop(state);
                drop(old);
                return Poll::Pending;
            }
        };
        drop(state);
        Poll::Ready(ended)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the pool is given. It keeps nothing of a closure that nothing asks for any more.
struct PoolCall<T>(Weak<Closure<T>>);

impl<T: Send + 'static> PoolCall<T> {
    fn run(self, env: Env, span: TaskSpan, waiting: Option<Arc<TaskNode>>) {
        let Some(closure) = self.0.upgrade() else { return };
        // Before it can be seen that it runs: the scopes around wait for its end, also when they have dropped what is in
        // between.
        if let Some(task) = &waiting {
            task.hold(HoldKind::Elsewhere);
        }
        closure.run(env, span);
        if let Some(task) = waiting {
            task.let_go(HoldKind::Elsewhere);
        }
    }
}

impl<T> Drop for PoolCall<T> {
    fn drop(&mut self) {
        // One that was run is queued no more.
        if let Some(closure) = self.0.upgrade() {
            closure.lose("the runtime dropped the closure, as when it shuts down".to_owned());
        }
    }
}
