//! What keeps a task that is to stop from being dropped at once.

use super::frame::{Frame, Role};
use crate::{
    stack::with_room,
    sync::atomic::{Ordering, fence},
};

impl Frame {
    pub(crate) fn hold(&self, on_scope: bool) {
        if on_scope {
            self.scope_waits.fetch_add(1, Ordering::AcqRel);
        }
        if self.holds.fetch_add(1, Ordering::AcqRel) == 0 {
            with_room(|| self.scope.hold());
        }
    }

    pub(crate) fn let_go(&self, on_scope: bool) {
        if on_scope {
            self.scope_waits.fetch_sub(1, Ordering::AcqRel);
        }
        if self.holds.fetch_sub(1, Ordering::AcqRel) == 1 {
            with_room(|| self.scope.let_go());
            // Within its own poll the task is looked at afterwards; else somebody has to come and look. One of the two
            // sees what the other has done, as there is a fence in `holds` too.
            // Seeded: neither sees the other.
            if !cfg!(purview_seeded_bug = "hold-let-go-unseen") {
                fence(Ordering::SeqCst);
            }
            if !self.polling.load(Ordering::Acquire) && self.stopped().is_some() {
                self.wake();
            }
        }
    }

    /// Asked of tasks that are to stop, after they were polled: see [`let_go`](Self::let_go).
    pub(crate) fn holds(&self) -> bool {
        fence(Ordering::SeqCst);
        !self.out_of_grace.load(Ordering::Acquire)
            && (self.role == Role::Finalizer || self.holds.load(Ordering::Acquire) > self.idle_waits())
    }

    /// How many of its holds wait for what will not come.
    fn idle_waits(&self) -> isize {
        if self.stop.get().is_some() && self.scope.reason().is_none() {
            self.scope_waits.load(Ordering::Acquire)
        } else {
            0
        }
    }

    /// Whatever holds it does so no longer.
    pub(crate) fn end_grace(&self) {
        self.out_of_grace.store(true, Ordering::Release);
        self.wake();
    }
}
