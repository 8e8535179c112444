use std::{
    sync::{Arc, PoisonError},
    task::{Context, Waker},
};

use crate::{
    error::AlreadyReady,
    panic::no_second_panic,
    sync::{Mutex, MutexGuard},
};

/// The value that a child is ready with, on its way to the future that waits for it.
pub(super) struct ReadyCell<V>(Mutex<State<V>>);

struct State<V> {
    value: Option<V>,
    set: bool,
    /// The child has ended without being ready, which is what its starter hears; or nothing waits for the value.
    closed: bool,
    waker: Option<Waker>,
}

impl<V> ReadyCell<V> {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            value: None,
            set: false,
            closed: false,
            waker: None,
        })))
    }

    pub(super) fn set(&self, value: V) -> Result<(), AlreadyReady> {
        let waker = {
            // A value that is not kept is dropped after it: arguments outlive variables.
            let mut state = self.lock();
            if state.set {
                return Err(AlreadyReady);
            }
            state.set = true;
            if state.closed {
                return Ok(());
            }
            state.value = Some(value);
            // Seeded: what waits is not told.
            state
                .waker
                .take()
                .filter(|_| !cfg!(purview_seeded_bug = "ready-silently"))
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// The child has ended; gives whether it was ready by then.
    pub(super) fn close(&self) -> bool {
        let mut state = self.lock();
        state.closed = !state.set;
        state.set
    }

    pub(super) fn is_set(&self) -> bool {
        self.lock().set
    }

    pub(super) fn poll(&self, cx: &Context<'_>) -> Option<V> {
        let waker = cx.waker().clone();
        let mut state = self.lock();
        let value = state.value.take();
        let old = if value.is_none() {
            state.waker.replace(waker)
        } else {
            Some(waker)
        };
        drop(state);
        drop(old);
        value
    }

    /// What waited for the value does so no more: the child may keep this for ever, and has no use for it.
    pub(super) fn forget_waiter(&self) {
        let left = {
            let mut state = self.lock();
            state.closed = true;
            (state.waker.take(), state.value.take())
        };
        no_second_panic(|| drop(left));
    }

    fn lock(&self) -> MutexGuard<'_, State<V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
