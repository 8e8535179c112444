use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use super::{
    open::Report,
    signal::part,
    state::{State, lock},
};
use crate::{cancel::CancelReason, context::Frame, deadline::Bound, runtime::Timer};

/// Children are to end by themselves until then; of no account before the shutdown has begun.
#[derive(Default)]
pub(super) struct Shutdown {
    until: Bound,
    report: Report,
}

/// Why a scope is cancelled that is being shut down.
pub(super) fn shutdown() -> CancelReason {
    CancelReason::Requested(Some("shutdown".into()))
}

impl State {
    /// Children may end by themselves until the grace has passed; a second call can only shorten it.
    pub(super) fn begin_shutdown(self: &Arc<Self>, grace: Duration) {
        if self.is_ended() {
            return;
        }
        lock(&self.shutdown).until.after(grace);
        let first = !self.shutdown_begun.swap(true, Ordering::AcqRel);
        // Before the first poll nobody knows whose clock it is.
        if self.is_opened() {
            self.begin_grace_of_shutdown();
        }
        self.signal.raise(part::ALARM);
        // One that was cancelled before is not held up.
        if first && self.reason().is_none() {
            self.soft.store(true, Ordering::Release);
            self.token().node.hear_again();
            if !self.token().node.cancel(shutdown()) {
                // Somebody else was faster.
                self.soft.store(false, Ordering::Release);
                self.signal.raise(part::CANCEL);
            }
        }
    }

    /// The grace of a shutdown counts from when it was asked for, or from the first poll where that is later.
    pub(super) fn begin_grace_of_shutdown(&self) {
        if !self.shutdown_begun.load(Ordering::Acquire) {
            return;
        }
        let now = self.runtime().now();
        lock(&self.shutdown).until.resolve(now);
    }

    pub(super) fn shutdown_until(&self) -> Option<Instant> {
        if !self.shutdown_begun.load(Ordering::Acquire) {
            return None;
        }
        lock(&self.shutdown).until.at()
    }

    /// Keeps account of who ended during a shutdown.
    pub(super) fn note_end(&self, frame: &Frame, cancelled: bool) {
        if !self.shutdown_begun.load(Ordering::Acquire) {
            return;
        }
        let report = &mut lock(&self.shutdown).report;
        let list = if cancelled {
            &mut report.cut
        } else {
            &mut report.finished
        };
        list.push(frame.info.clone());
    }

    pub(super) fn report(&self) -> Report {
        lock(&self.shutdown).report.clone()
    }
}
