//! How a task is asked to stop, alone or with its scope.

use std::sync::Arc;

use super::frame::{Frame, Role};
use crate::{
    cancel::{CancelReason, CancelToken},
    error::FirstPanic,
    sync::atomic::{Ordering, fence},
};

impl Frame {
    /// Asks this task alone to stop; gives whether it had not been asked before.
    pub(crate) fn cancel(self: &Arc<Self>, reason: CancelReason) -> bool {
        if self.is_ended() || self.stop.set(reason.clone()).is_err() {
            return false;
        }
        // Whoever makes the token now sees that, or it is found here.
        fence(Ordering::SeqCst);
        let mut panicked = FirstPanic::default();
        if let Some(token) = self.token.get() {
            panicked.run(|| {
                token.node.cancel(reason);
            });
        }
        panicked.run(|| self.wake());
        // It may wait in a queue, and its grace begins: that is the driver's to see to.
        panicked.run(|| self.scope.task_stopped(self.clone()));
        panicked.resume_unless_unwinding();
        true
    }

    /// Why this task is to stop: alone, or with its scope. A finalizer is stopped by nobody but the end of the grace.
    pub(crate) fn stopped(&self) -> Option<CancelReason> {
        if self.role == Role::Finalizer {
            return None;
        }
        self.stop
            .get()
            .cloned()
            .or_else(|| self.scope.cut().filter(|_| !self.is_spared()))
    }

    pub(crate) fn spare(&self, spared: bool) {
        self.spared.store(spared, Ordering::Release);
    }

    pub(crate) fn is_spared(&self) -> bool {
        self.spared.load(Ordering::Acquire)
    }

    /// Whether this task was cancelled, and its scope was not.
    pub(crate) fn stopped_alone(&self) -> Option<&CancelReason> {
        self.stop.get()
    }

    /// What this task hears of its cancellation: its scope's, or its own.
    pub(crate) fn token(&self) -> CancelToken {
        let token = self.token.get().unwrap_or_else(|| {
            let token = self.token.get_or_init(|| self.scope.token().child());
            // The task may be being cancelled: who does it finds the token, or it is seen here.
            // Seeded: neither sees the other.
            if !cfg!(purview_seeded_bug = "token-made-at-the-cancellation") {
                fence(Ordering::SeqCst);
            }
            token
        });
        if let Some(reason) = self.stop.get() {
            token.node.cancel(reason.clone());
        }
        token.clone()
    }

    /// Whether waiting on this token is waiting for this task's own cancellation.
    pub(crate) fn hears(&self, token: &CancelToken) -> bool {
        self.token.get().is_some_and(|own| own.is(token))
    }
}
