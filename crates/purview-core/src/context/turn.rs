//! A task has its turn, and its last.

use std::{
    sync::{Arc, PoisonError},
    task::Waker,
};

use super::{self as context, Surroundings, frame::Frame};
use crate::{
    census,
    stack::with_room,
    sync::{MutexGuard, atomic::Ordering},
};

impl Frame {
    /// Runs a closure of this task's on a thread that may block.
    pub(crate) fn run_blocking<T>(self: &Arc<Self>, f: impl FnOnce() -> T) -> T {
        let _entered = context::enter(Surroundings {
            may_block: true,
            ..self.surroundings()
        });
        self.span.run(&self.info, f)
    }

    /// Runs code of this task's, which finds itself in it.
    pub(crate) fn run<T>(self: &Arc<Self>, f: impl FnOnce() -> T) -> T {
        census::polled(self);
        let _polling = Polling::begin(self);
        let _entered = context::enter(self.surroundings());
        with_room(|| self.span.run(&self.info, f))
    }

    pub(crate) fn is_being_polled(&self) -> bool {
        self.polling.load(Ordering::Acquire)
    }

    /// Remembers how to have this task polled.
    pub(crate) fn set_place(&self, waker: &Waker) {
        let mut place = self.lock_place();
        if place.as_ref().is_some_and(|place| place.will_wake(waker)) {
            return;
        }
        // Ours: a waker of the set's or of the body's lane, never the user's.
        *place = Some(waker.clone());
    }

    /// Has this task polled, if it has been polled before.
    pub(crate) fn wake(&self) {
        let place = self.lock_place().clone();
        if let Some(waker) = place {
            waker.wake();
        }
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        census::ended(self);
        // A hold that was forgotten, or carried out of it, holds nobody any more.
        if self.holds.swap(0, Ordering::AcqRel) > 0 {
            with_room(|| self.scope.let_go());
        }
        self.span.ended();
        let place = self.lock_place().take();
        drop(place);
    }

    fn lock_place(&self) -> MutexGuard<'_, Option<Waker>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While it lives, whoever lets go of the task leaves it to the one who polls to look.
struct Polling<'a>(&'a Frame);

impl<'a> Polling<'a> {
    fn begin(frame: &'a Frame) -> Self {
        frame.polling.store(true, Ordering::Release);
        Self(frame)
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.0.polling.store(false, Ordering::Release);
    }
}
