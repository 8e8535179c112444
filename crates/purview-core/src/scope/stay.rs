//! A scope that is told to stop while one around it is being shut down goes on: it is stayed. When those who are left
//! are dropped after all, or the task that it runs in is cancelled alone, it is told again. Whoever cancels it itself ends
//! the stay.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Weak},
};

use super::{
    signal::part,
    state::{Link, State, lock},
};
use crate::{cancel::CancelReason, error::FirstPanic, stack::with_room, sync::atomic::Ordering};

/// The scopes directly inside that are stayed, or have stayed ones in them, by where they are in memory.
pub(super) type Stays = BTreeMap<usize, Weak<State>>;

impl State {
    /// Whether everybody has been told to end, and nobody is dropped yet: in this scope, or in one around it. Whoever asks
    /// for its cancellation then has waited enough.
    pub(crate) fn is_shutting_down(&self) -> bool {
        if self.cut.get().is_some() {
            return false;
        }
        if self.is_cancelled_again() {
            return false;
        }
        if self.soft.load(Ordering::Acquire) {
            return true;
        }
        self.told_by().is_some_and(|Link { frame, .. }| {
            frame.stopped_alone().is_none() && with_room(|| frame.scope.is_shutting_down())
        })
    }

    /// The task around, where it is its cancellation that this scope was told of.
    fn told_by(&self) -> Option<&Link> {
        self.outer().filter(|_| self.reason() == Some(&CancelReason::Parent))
    }

    /// Whether the scope's token has fired, and everybody who does not hold is to be dropped for it now.
    pub(crate) fn is_to_be_cut(self: &Arc<Self>) -> bool {
        if !self.signal.take(part::CANCEL) {
            return false;
        }
        if !self.is_shutting_down() {
            return true;
        }
        self.stay();
        self.token().node.hear_again();
        // Looked at again, because it may have been over before anybody knew whom to tell.
        !self.is_shutting_down()
    }

    /// Leaves word with the scope around, and for that one with the next, up to the one that is being shut down.
    fn stay(self: &Arc<Self>) {
        let mut inner = self.clone();
        while let Some(outer) = inner.told_by().map(|link| link.frame.scope.clone()) {
            if lock(&outer.stays)
                .insert(inner.address(), Arc::downgrade(&inner))
                .is_some()
            {
                return;
            }
            inner = outer;
        }
    }

    /// The scopes inside look again whether they are stayed.
    pub(crate) fn end_stays(&self) {
        let mut panicked = FirstPanic::default();
        let mut told: Vec<_> = mem::take(&mut *lock(&self.stays)).into_values().collect();
        // A loop, not recursion: scopes may be nested deeper than the stack.
        while let Some(inner) = told.pop() {
            let Some(inner) = inner.upgrade() else { continue };
            told.extend(mem::take(&mut *lock(&inner.stays)).into_values());
            panicked.run(|| inner.signal.raise(part::CANCEL));
        }
        panicked.resume();
    }

    /// The scope has ended: there is nobody to tell.
    pub(super) fn forget_stay(&self) {
        if let Some(link) = self.told_by() {
            let inner = lock(&link.frame.scope.stays).remove(&self.address());
            drop(inner);
        }
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}
