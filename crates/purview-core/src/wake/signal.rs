use std::{sync::PoisonError, task::Waker};

use crate::{
    panic::no_second_panic,
    stack::with_room,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU32, Ordering},
    },
};

/// The owner is being polled and looks at the bits itself.
const POLLING: u32 = 1 << 31;

/// Collects the wake-ups of several parts into one wake-up of the task that polls their owner.
///
/// The user's waker is kept here and nowhere else. It is cloned, woken and dropped outside the lock, because all three
/// are the user's code; a clone that panics leaves everything as it was.
#[derive(Default)]
pub(crate) struct Signal {
    bits: AtomicU32,
    waker: Mutex<Option<Waker>>,
}

impl Signal {
    pub(crate) fn raise(&self, part: u32) {
        // The first bit that is raised wakes; the others find it set.
        if self.bits.fetch_or(part, Ordering::AcqRel) == 0 {
            self.wake();
        }
    }

    /// Whether this part had something to do; clears its bit.
    pub(crate) fn take(&self, part: u32) -> bool {
        self.is_raised(part) && self.bits.fetch_and(!part, Ordering::AcqRel) & part != 0
    }

    pub(crate) fn is_raised(&self, parts: u32) -> bool {
        self.bits.load(Ordering::Acquire) & parts & !POLLING != 0
    }

    /// Clears the bits of all other parts.
    pub(crate) fn forget_all_but(&self, part: u32) {
        self.bits.fetch_and(POLLING | part, Ordering::AcqRel);
    }

    fn wake(&self) {
        let waker = self.lock().take();
        if let Some(waker) = waker {
            // The waker is that of the scope around, if there is one.
            no_second_panic(|| with_room(|| waker.wake()));
        }
    }

    /// Begins a pass: wake-ups are collected and not passed on until it ends.
    pub(crate) fn begin(&self, waker: &Waker) {
        let kept = self.lock().as_ref().is_some_and(|kept| kept.will_wake(waker));
        if !kept {
            let waker = waker.clone();
            let old = self.lock().replace(waker);
            drop(old);
        }
        self.bits.fetch_or(POLLING, Ordering::AcqRel);
    }

    /// Ends a pass: what is left to do, or came in meanwhile, is another wake-up.
    pub(crate) fn end(&self) {
        let left = self.bits.fetch_and(!POLLING, Ordering::AcqRel) & !POLLING;
        // Seeded: what came in during the pass is taken for done.
        if left != 0 && !cfg!(purview_seeded_bug = "pass-ends-blindly") {
            self.wake();
        }
    }

    /// Ends a pass after which the caller polls again by itself.
    pub(crate) fn end_quietly(&self) {
        self.bits.fetch_and(!POLLING, Ordering::AcqRel);
    }

    /// Clears all bits: at the end nothing is left to do.
    pub(crate) fn clear(&self) {
        self.bits.fetch_and(POLLING, Ordering::AcqRel);
    }

    /// Forgets the user's waker when nothing will happen any more.
    pub(crate) fn close(&self) {
        let waker = self.lock().take();
        no_second_panic(|| drop(waker));
    }

    fn lock(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
