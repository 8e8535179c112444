use std::sync::{Arc, PoisonError};

use super::{kind::Kind, shared::Shared};
use crate::{
    cancel::CancelReason,
    policy::Policy,
    sync::{
        Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
    tree::{Bound, ScopeNode, TaskInfo},
    wake::part,
};

/// How a [`shutdown`](super::Scope::shutdown) went. Failures come out of the driver.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The children that ended by themselves after the shutdown had begun, with a value, an error or a panic; in the order
    /// in which they did.
    pub finished: Vec<TaskInfo>,
    /// The tasks that were dropped before they had ended: when the grace was over, or because a cancellation or a failure
    /// ended it. Also closures that were still running when the grace was over, and parallel children that were being
    /// polled then, however they ended.
    ///
    /// Daemons that the scope stopped because its last child had ended are here too, unless they returned by themselves;
    /// finalizers only where their own time was over as well.
    pub cut: Vec<TaskInfo>,
}

/// Children are to end by themselves until the grace has passed; of no account before the shutdown has begun.
#[derive(Default)]
pub(super) struct Shutdown {
    /// Looked at in every pass, so that the lock need not be.
    begun: AtomicBool,
    /// Made by the first shutdown.
    state: OnceLock<Box<Mutex<State>>>,
}

#[derive(Default)]
struct State {
    until: Bound,
    /// The shortest grace that was asked for.
    grace: Duration,
    report: Report,
}

impl Shutdown {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .get_or_init(Box::default)
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    /// The grace of a shutdown counts from when it was asked for, or from the first poll where that is later.
    pub(super) fn begin_grace(&self, node: &ScopeNode) {
        if self.has_begun() {
            let now = node.now();
            let at = {
                let mut state = self.lock();
                state.until.resolve(now);
                state.until.at()
            };
            node.note_grace(at);
        }
    }

    /// When the grace ends, and how long the finalizers have after that.
    pub(super) fn until(&self) -> Option<(Instant, Duration)> {
        if !self.has_begun() {
            return None;
        }
        let state = self.lock();
        Some((state.until.at()?, state.grace))
    }

    /// Keeps account of a task that ended during a shutdown.
    pub(super) fn note_end(&self, info: impl FnOnce() -> Option<TaskInfo>, cancelled: bool) {
        if !self.has_begun() {
            return;
        }
        let info = info();
        let report = &mut self.lock().report;
        let list = if cancelled {
            &mut report.cut
        } else {
            &mut report.finished
        };
        list.extend(info);
    }

    pub(super) fn report(&self) -> Report {
        self.lock().report.clone()
    }
}

/// Why a scope is cancelled that is being shut down.
pub(super) fn reason() -> CancelReason {
    CancelReason::Requested(Some("shutdown".into()))
}

impl<P: Policy, K: Kind> Shared<'_, P, K> {
    /// Children may end by themselves until the grace has passed; a second call can only shorten it.
    pub(super) fn begin_shutdown(&self, grace: Duration) {
        let node: &Arc<ScopeNode> = &self.node;
        if node.is_ended() {
            return;
        }
        let first = {
            let mut state = self.shutdown.lock();
            state.until.after(grace);
            let first = !self.shutdown.begun.swap(true, Ordering::AcqRel);
            state.grace = if first { grace } else { state.grace.min(grace) };
            first
        };
        // Before the first poll it is not settled whose clock counts.
        if node.is_polled() {
            self.shutdown.begin_grace(node);
        }
        node.signal().raise(part::TIMER);
        // One that was cancelled before is not held up.
        if first && node.reason().is_none() {
            node.set_soft(true);
            if !node.cancel(reason()) {
                // Another thread was faster.
                node.set_soft(false);
                node.signal().raise(part::CANCEL);
            }
        }
    }
}
