//! What keeps a task that is to stop from being dropped at once, and how that is counted outwards.

use crate::sync::atomic::{AtomicIsize, Ordering, fence};

/// Why a task holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoldKind {
    /// A shield, or a wait for cancellation that is about to be told.
    Shield,
    /// A finalizer that has not ended.
    Finalizer,
    /// A closure that runs, or a poll of a parallel child, on another thread.
    Elsewhere,
}

impl HoldKind {
    pub(super) const ALL: [Self; 3] = [Self::Shield, Self::Finalizer, Self::Elsewhere];
}

/// How often something holds, by kind. In a scope each task in it counts once.
///
/// A count may be below zero for a moment, where two threads meet: only the steps between 0 and 1 are passed on.
#[derive(Default)]
pub(crate) struct Holds([AtomicIsize; 3]);

impl Holds {
    /// Gives whether it is the first.
    pub(super) fn add(&self, kind: HoldKind) -> bool {
        self.0[kind as usize].fetch_add(1, Ordering::AcqRel) == 0
    }

    /// Gives whether it was the last.
    pub(super) fn sub(&self, kind: HoldKind) -> bool {
        self.0[kind as usize].fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Gives whether there were any.
    pub(super) fn clear(&self, kind: HoldKind) -> bool {
        self.0[kind as usize].swap(0, Ordering::AcqRel) > 0
    }

    pub(super) fn any(&self, kind: HoldKind) -> bool {
        self.0[kind as usize].load(Ordering::Acquire) > 0
    }
}

/// Orders a look at the holds against a look at whether a task is being polled: one of two threads sees what the other
/// has done.
pub(super) fn full_fence() {
    fence(Ordering::SeqCst);
}
