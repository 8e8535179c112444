use std::{
    mem,
    sync::{Arc, PoisonError, Weak},
    task::{Context, Poll, Waker},
};

use crate::{
    context::{self, Place, Surroundings},
    error::{Panic, catch, discard},
    runtime::Runtime,
    scope::cut_off::is_cut_off,
    sync::{Mutex, MutexGuard},
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
    CutOff,
    /// The runtime does not run it.
    Lost(String),
    /// Nothing will ask for it.
    Done,
}

/// How a closure ended.
pub(super) enum Ended<T> {
    Returned(T),
    Panicked(Panic),
    CutOff,
    Lost(String),
}

impl<T: Send + 'static> Closure<T> {
    pub(super) fn new(f: impl FnOnce() -> T + Send + 'static) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            stage: Stage::Queued(Box::new(f)),
            waker: None,
        })))
    }

    /// Has the pool of the runtime take it, in what surrounds the caller.
    pub(super) fn give(self: &Arc<Self>, runtime: &dyn Runtime) {
        let errand = Errand(Arc::downgrade(self));
        let surroundings = surroundings();
        let asked = catch(|| runtime.spawn_blocking(Box::new(move || errand.run(surroundings))));
        match asked {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.lose(error.to_string()),
            Err(panic) => {
                self.lose(format!("the runtime panicked when it was given the closure: {panic}"));
                discard(panic);
            }
        }
    }

    fn run(&self, surroundings: Surroundings) {
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
        let entered = context::enter(surroundings);
        let ended = catch(f);
        drop(entered);
        self.end(match ended {
            Ok(value) => Stage::Returned(value),
            Err(panic) if is_cut_off(&panic) => Stage::CutOff,
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
        if let Some(waker) = waker {
            discard(catch(|| waker.wake()));
        }
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

    /// Nothing asks for it any more: one that runs goes on, and what it returns is dropped.
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
            Stage::CutOff => Ended::CutOff,
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

/// The task that awaits the closure, for code that runs on a thread that may block.
fn surroundings() -> Surroundings {
    Surroundings {
        place: context::frame().map_or(Place::Outside, Place::Task),
        shielded: context::scope().is_some_and(|(_, shielded)| shielded),
        bindings: context::bindings(),
        may_block: true,
    }
}

/// What the pool is given. It keeps nothing of a closure that nothing asks for any more.
struct Errand<T>(Weak<Closure<T>>);

impl<T: Send + 'static> Errand<T> {
    fn run(self, surroundings: Surroundings) {
        if let Some(closure) = self.0.upgrade() {
            closure.run(surroundings);
        }
    }
}

impl<T> Drop for Errand<T> {
    fn drop(&mut self) {
        // One that was run has left the queue.
        if let Some(closure) = self.0.upgrade() {
            closure.lose("the runtime dropped the closure, as when it shuts down".to_owned());
        }
    }
}
