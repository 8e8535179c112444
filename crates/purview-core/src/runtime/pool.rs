//! Closures on the threads of a runtime that may block.

use std::{
    mem,
    sync::{Arc, PoisonError, Weak},
    task::{Context, Poll, Waker},
};

use super::Runtime;
use crate::{
    panic::{catch, discard},
    sync::{Mutex, MutexGuard},
    wake::wake_quietly,
};

pub(crate) const DROPPED_BY_THE_RUNTIME: &str = "the runtime dropped it, as when it shuts down";

/// What the threads of a pool do.
pub(crate) trait PoolJob: Send + Sync + 'static {
    /// What it needs to begin.
    type Queued: Send;
    /// How it ended.
    type Ended: Send;

    fn stage(&self) -> &PoolStage<Self::Queued, Self::Ended>;

    /// On a thread of the pool, unless it was taken back.
    fn run(&self);

    /// The pool does not run it.
    fn lost(why: String) -> Self::Ended;
}

/// How far a job of a pool has come.
pub(crate) struct PoolStage<Q, R>(Mutex<State<Q, R>>);

struct State<Q, R> {
    stage: Stage<Q, R>,
    /// Of what waits for its end.
    waker: Option<Waker>,
    /// The pool is being asked: what it says counts, not that it drops what it refuses.
    asking: bool,
    /// The pool has dropped it.
    dropped: bool,
}

enum Stage<Q, R> {
    Queued(Q),
    Running,
    Ended(R),
    /// Nothing will ask for its end: that was taken, or it was skipped or abandoned.
    Empty,
}

impl<Q, R> PoolStage<Q, R> {
    pub(crate) fn new(queued: Q) -> Self {
        Self(Mutex::new(State {
            stage: Stage::Queued(queued),
            waker: None,
            asking: false,
            dropped: false,
        }))
    }

    /// What it needs to begin, once; it runs from now on.
    pub(crate) fn begin(&self) -> Option<Q> {
        self.lock().take_queued(Stage::Running)
    }

    /// Takes it back where it has not begun; it never will.
    pub(crate) fn skip(&self) -> Option<Q> {
        self.lock().take_queued(Stage::Empty)
    }

    pub(crate) fn end(&self, ended: R) {
        let waker = {
            let mut state = self.lock();
            if matches!(state.stage, Stage::Empty) {
                drop(state);
                discard(ended);
                return;
            }
            state.stage = Stage::Ended(ended);
            state.waker.take()
        };
        wake_quietly(waker);
    }

    /// Its end, where that was not taken; pending while it is to run, or runs.
    pub(crate) fn take_end(&self) -> Poll<Option<R>> {
        self.lock().take_end()
    }

    /// Waits for its end, which nothing else has taken.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<R> {
        let waker = cx.waker().clone();
        let mut state = self.lock();
        if let Poll::Ready(Some(ended)) = state.take_end() {
            return Poll::Ready(ended);
        }
        let old = state.waker.replace(waker);
        drop(state);
        drop(old);
        Poll::Pending
    }

    /// Nothing asks for its end any more: one that runs keeps running, and what it gives is dropped.
    #[must_use = "what is left is dropped outside the lock"]
    pub(crate) fn abandon(&self) -> impl Sized + use<Q, R> {
        let mut state = self.lock();
        (mem::replace(&mut state.stage, Stage::Empty), state.waker.take())
    }

    fn lock(&self) -> MutexGuard<'_, State<Q, R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q, R> State<Q, R> {
    fn take_queued(&mut self, next: Stage<Q, R>) -> Option<Q> {
        match mem::replace(&mut self.stage, next) {
            Stage::Queued(queued) => Some(queued),
            other => {
                self.stage = other;
                None
            }
        }
    }

    fn take_end(&mut self) -> Poll<Option<R>> {
        match mem::replace(&mut self.stage, Stage::Empty) {
            Stage::Ended(ended) => Poll::Ready(Some(ended)),
            Stage::Empty => Poll::Ready(None),
            other => {
                self.stage = other;
                Poll::Pending
            }
        }
    }
}

/// Has the pool of the runtime take it. What the pool refuses or drops ends all the same.
pub(crate) fn give_to_pool<J: PoolJob>(job: &Arc<J>, runtime: &dyn Runtime) {
    job.stage().lock().asking = true;
    let call = PoolCall(Arc::downgrade(job));
    let answer = match catch(|| runtime.spawn_blocking(Box::new(|| call.run()))) {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(panic) => {
            let why = format!("the runtime panicked when it was given the closure: {panic}");
            discard(panic);
            Err(why)
        }
    };
    let dropped = {
        let mut state = job.stage().lock();
        state.asking = false;
        state.dropped
    };
    match answer {
        Err(why) => lose(&**job, why),
        // One that says it takes it, and drops it, has lost it.
        Ok(()) if dropped => lose(&**job, DROPPED_BY_THE_RUNTIME.to_owned()),
        Ok(()) => {}
    }
}

fn lose<J: PoolJob>(job: &J, why: String) {
    let Some(unused) = job.stage().begin() else { return };
    discard(unused);
    job.stage().end(J::lost(why));
}

/// What the pool is given. A pool that never comes to it keeps nothing of what was dropped meanwhile.
struct PoolCall<J: PoolJob>(Weak<J>);

impl<J: PoolJob> PoolCall<J> {
    fn run(self) {
        if let Some(job) = self.0.upgrade() {
            job.run();
        }
    }
}

impl<J: PoolJob> Drop for PoolCall<J> {
    fn drop(&mut self) {
        let Some(job) = self.0.upgrade() else { return };
        let asking = {
            let mut state = job.stage().lock();
            state.dropped = true;
            state.asking
        };
        if !asking {
            lose(&*job, DROPPED_BY_THE_RUNTIME.to_owned());
        }
    }
}
