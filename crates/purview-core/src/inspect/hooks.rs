//! What the engine, scopes and gathers have recorded. Where nothing is, each of these does one relaxed load.

use std::{
    any::Any,
    num::NonZeroU32,
    sync::{Arc, Weak, atomic::Ordering},
};

use super::task_hooks::leave;
use crate::{
    cancel::CancelReason,
    context,
    time::{Duration, Instant},
    tree::{
        ScopeNode, TaskInfo, TaskNode,
        record::{How, ScopeRecord, WaitsFor, installed_steps, is_on, recorder, time_passes},
    },
};

/// A scope is about to be polled: after how many steps it yields, if it is not as elsewhere.
#[inline]
pub(crate) fn steps() -> Option<NonZeroU32> {
    if !is_on() {
        return None;
    }
    // By something that is not recorded.
    time_passes(true);
    installed_steps()
}

/// Something that is not recorded has run, or runs next: in a pass over the tasks of a scope, or in none.
#[inline]
pub(crate) fn note_pass(is_pass: bool) {
    if is_on() {
        time_passes(is_pass);
    }
}

impl ScopeNode {
    /// What is recorded of its tasks, from now on if not before.
    pub(super) fn recorded(self: &Arc<Self>) -> Option<&Arc<ScopeRecord>> {
        if self.record().is_some() {
            return self.record();
        }
        if self.is_ended() {
            return None;
        }
        let recorder = recorder()?;
        let this: Weak<dyn Any + Send + Sync> = Arc::<Self>::downgrade(self);
        let record = self.record_or(|| ScopeRecord::new(recorder, this));
        if self.is_polled() {
            self.tell_opened(record);
        }
        Some(record)
    }

    /// The scope is polled for the first time.
    pub(crate) fn note_opened(self: &Arc<Self>) {
        if is_on() {
            let known = self.record().is_some();
            if let Some(record) = self.recorded().filter(|_| known) {
                self.tell_opened(record);
            }
        }
    }

    /// It is a gather of so many futures, where that is known.
    pub(crate) fn note_total(self: &Arc<Self>, total: Option<usize>) {
        if is_on() {
            if let Some(record) = self.recorded() {
                record
                    .total
                    .store(total.map_or(0, |total| total + 1), Ordering::Relaxed);
            }
        }
    }

    /// Its children start at a rate.
    pub(crate) fn note_rate(self: &Arc<Self>) {
        if is_on() {
            if let Some(record) = self.recorded() {
                record.has_rate.store(true, Ordering::Relaxed);
            }
        }
    }

    /// What holds in it is waited for until then.
    pub(crate) fn note_grace(&self, until: Option<Instant>) {
        if is_on() {
            if let Some(record) = self.record() {
                let until = until.map_or(0, |until| record.recorder.at(until));
                record.grace_until.store(until, Ordering::Relaxed);
            }
        }
    }
}

impl ScopeNode {
    /// A child that was spawned was not accepted.
    pub(crate) fn note_refused(&self, task: impl FnOnce() -> TaskInfo) {
        if !is_on() {
            return;
        }
        let Some(scope) = self.record() else { return };
        let info = task();
        if let Some(task) = scope.find(info.id()) {
            task.ended_as(How::Cancelled(CancelReason::Ended));
            leave(scope, &task, || Some(info));
        }
    }
}

impl TaskNode {
    /// The task's closure is about to be run, on a thread that may block.
    pub(crate) fn note_blocking(&self) {
        let Some((task, scope)) = self.recorded() else { return };
        let now = scope.recorder.now();
        task.note(|rare| rare.running = now);
        let queued = Duration::from_nanos(now.saturating_sub(task.spawned));
        scope.recorder.tell(|observer| observer.started(&self.info, queued));
    }
}

/// The task that is being polled was found to wait.
pub(crate) fn waits(wait: impl FnOnce() -> WaitsFor) {
    if is_on() {
        if let Some(task) = context::task_record() {
            task.waits(wait());
        }
    }
}
