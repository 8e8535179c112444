//! How a scope is asked to stop, and what became of that.

use std::{sync::Arc, time::Duration};

use super::{
    signal::part,
    state::{State, lock},
};
use crate::{
    cancel::{CancelReason, waiters::wake_all},
    context::{self, Frame},
    error::FirstPanic,
};

impl State {
    /// Asks the whole scope to stop.
    pub(crate) fn cancel(self: &Arc<Self>, reason: CancelReason) {
        if !self.is_ended() {
            self.token().node.cancel(reason);
        }
    }

    /// What the token fired with, the ordinary end too.
    pub(crate) fn reason(&self) -> Option<&CancelReason> {
        self.token.get().and_then(|token| token.node.reason())
    }

    /// Whether somebody asked for its cancellation when it was cancelled already.
    pub(super) fn is_cancelled_again(&self) -> bool {
        self.token.get().is_some_and(|token| token.node.is_cancelled_again())
    }

    /// Why the scope was cancelled; the ordinary end is no cancellation.
    pub(crate) fn cancelled(&self) -> Option<&CancelReason> {
        self.reason().filter(|_| !self.ended_quietly())
    }

    fn ended_quietly(&self) -> bool {
        self.is_ended() && self.cut.get().is_none()
    }

    /// Everybody who does not hold is about to be dropped.
    pub(crate) fn begin_cut(&self, reason: CancelReason) {
        context::scope_cut(self.name.as_deref(), &reason);
        let _ = self.cut.set(reason);
        let mut panicked = FirstPanic::default();
        if let Some(limiter) = &self.limiter {
            panicked.run(|| wake_all(limiter.waiting_permits()));
        }
        panicked.run(|| self.end_stays());
        panicked.resume();
    }

    pub(crate) fn cut(&self) -> Option<CancelReason> {
        self.cut.get().cloned()
    }

    pub(crate) fn grace(&self) -> Option<Duration> {
        *lock(&self.grace)
    }

    pub(crate) fn set_grace(&self, grace: Duration) {
        *lock(&self.grace) = Some(grace);
    }

    /// A task was cancelled alone.
    pub(crate) fn task_stopped(&self, frame: Arc<Frame>) {
        lock(&self.stopped).push(frame);
        if self.is_ended() {
            // Nobody comes to look, and the frame keeps this very state.
            drop(self.take_stopped());
        }
        self.end_stays();
        self.signal.raise(part::STOPPED);
    }

    pub(super) fn take_stopped(&self) -> Vec<Arc<Frame>> {
        std::mem::take(&mut *lock(&self.stopped))
    }
}
