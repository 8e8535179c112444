//! What the engine, scopes and gathers have recorded. Where nothing is, each of these does one relaxed load.

use std::{
    any::Any,
    num::NonZeroU32,
    sync::{Arc, Weak, atomic::Ordering},
    task::Waker,
};

use crate::{
    cancel::CancelReason,
    context::{self, Env, Outcome},
    time::Instant,
    tree::{
        RecordKey, ScopeNode, TaskId, TaskInfo, TaskNode,
        record::{
            CountedWaker, Entry, How, Kind, Polled, Report, ScopeRecord, Spawned, WaitsFor, installed_steps, is_on,
            nanos, recorder, time_passes,
        },
    },
};

impl How {
    /// `None` of one that returned, which need not be noted.
    fn of(outcome: &Outcome<'_>) -> Option<Self> {
        match outcome {
            Outcome::Returned => None,
            Outcome::Failed => Some(Self::Failed),
            Outcome::Panicked => Some(Self::Panicked),
            Outcome::Cancelled(reason) => Some(Self::Cancelled((*reason).clone())),
        }
    }
}

/// A scope is about to be polled: after how many steps it yields, if it is not as elsewhere.
#[inline]
pub(crate) fn steps() -> Option<NonZeroU32> {
    if !is_on() {
        return None;
    }
    // By something that is not recorded.
    time_passes();
    installed_steps()
}

impl ScopeNode {
    /// What is recorded of its tasks, from now on if not before.
    fn recorded(self: &Arc<Self>) -> Option<&Arc<ScopeRecord>> {
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

    /// Something that is not recorded polls what is in it, or has run in it.
    #[inline]
    pub(crate) fn note_pass() {
        if is_on() {
            time_passes();
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

impl Env {
    /// The record of the task's scope, where it is a task of its own and recorded.
    fn recorded_at(&self) -> Option<(&Arc<ScopeRecord>, RecordKey, TaskId)> {
        if !is_on() || self.record_key() == RecordKey::NONE {
            return None;
        }
        Some((self.scope()?.record()?, self.record_key(), self.id()))
    }

    /// The task was spawned, and waits for its first poll.
    #[inline]
    pub(crate) fn note_spawned(&mut self, kind: Kind) {
        if is_on() && self.is_task() && self.record_key() == RecordKey::NONE {
            self.record(kind);
        }
    }

    #[cold]
    fn record(&mut self, kind: Kind) {
        let Some((record, is_told)) = self.scope().and_then(|scope| {
            let record = scope.recorded()?;
            Some((record, record.recorder.has_observers()))
        }) else {
            return;
        };
        let mut entry = Entry::new(self.id(), kind, self.number(), self.location());
        entry.spawned = record.recorder.now();
        // A name of its own, or one that is not made of its number.
        if self.task().is_some() || !self.is_numbered() {
            entry.rare().info = self.named_info();
        }
        let key = record.add(entry);
        self.set_record_key(key);
        if is_told {
            self.tell_spawned(kind);
        }
    }

    fn tell_spawned(&self, kind: Kind) {
        let by = context::current().map(|by| by.id());
        let (Some(scope), Some(task)) = (self.scope(), self.named_info()) else {
            return;
        };
        let Some(record) = scope.record() else { return };
        let spawned = Spawned {
            task: &task,
            kind,
            scope: &scope.scope_info(record),
            by,
        };
        record.recorder.tell(|observer| observer.spawned(&spawned));
    }

    /// The limit of its scope keeps it waiting.
    #[cold]
    pub(crate) fn note_limited(&self) {
        if let Some((record, key, id)) = self.recorded_at() {
            record.with(key, id, |entry| entry.limited = true);
        }
    }

    /// The task is about to be polled. To be asked only where something is recorded.
    pub(crate) fn note_poll(&mut self, waker: &Waker) -> Option<Polled> {
        if !self.is_task() {
            return None;
        }
        if self.record_key() == RecordKey::NONE {
            let is_gather = self.scope().is_some_and(|scope| scope.is_gather());
            let kind = match self.role() {
                crate::tree::Role::Finalizer => Kind::Finalizer,
                crate::tree::Role::Daemon => Kind::Daemon,
                crate::tree::Role::Ordinary if self.is_body() => Kind::Body,
                crate::tree::Role::Ordinary if is_gather => Kind::Member,
                crate::tree::Role::Ordinary => Kind::Child,
            };
            self.record(kind);
        }
        let (record, key, id) = self.recorded_at()?;
        let polled = record.begin_poll(key, id, waker)?;
        if let Some(queued) = polled.queued.filter(|_| record.recorder.has_observers()) {
            if let Some(task) = self.named_info() {
                record.recorder.tell(|observer| observer.started(&task, nanos(queued)));
            }
        }
        Some(polled)
    }

    /// The poll has ended.
    #[inline]
    pub(crate) fn note_polled(&self, polled: Option<Polled>, is_pending: bool) {
        if let Some(polled) = polled {
            self.end_poll(&polled, is_pending);
        }
    }

    fn end_poll(&self, polled: &Polled, is_pending: bool) {
        let Some((record, key, id)) = self.recorded_at() else {
            return;
        };
        let grown = record.end_poll(key, id, polled, is_pending);
        let recorder = &record.recorder;
        if !recorder.has_observers() && grown.slow.is_none() && grown.yields.is_none() {
            return;
        }
        let Some(task) = self.named_info() else { return };
        let took = nanos(grown.took);
        recorder.tell(|observer| observer.polled(&task, took));
        if let Some(others) = grown.slow {
            recorder.report(&Report::SlowPoll {
                task: task.clone(),
                took,
                ended: true,
                others,
            });
        }
        if let Some(times) = grown.yields {
            recorder.report(&Report::Yields { task, times });
        }
    }

    /// The task has ended: its span, and what is recorded of it, say how.
    #[inline]
    pub(crate) fn note_outcome<'a>(&mut self, outcome: impl FnOnce() -> Outcome<'a>) {
        if is_on() {
            let outcome = outcome();
            self.note_how(How::of(&outcome));
            self.end_span(|| outcome);
        } else {
            self.end_span(outcome);
        }
    }

    /// This is how the task ended, where it has not returned.
    pub(crate) fn note_how(&self, how: Option<How>) {
        if let Some((how, (record, key, id))) = how.zip(self.recorded_at()) {
            record.ended_as(key, id, how);
        }
    }

    /// The task has ended, or has not become one.
    #[inline]
    pub(crate) fn note_end(&self) {
        if is_on() {
            self.leave();
        }
    }

    #[cold]
    fn leave(&self) {
        let Some((record, key, id)) = self.recorded_at() else {
            return;
        };
        leave(record, key, id, || self.named_info());
        if self.scope().is_some_and(|scope| scope.is_gather()) {
            record.done.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn leave(record: &ScopeRecord, key: RecordKey, id: TaskId, info: impl FnOnce() -> Option<TaskInfo>) {
    let Some(left) = record.remove(key, id) else { return };
    if record.recorder.has_observers() {
        if let Some(task) = info() {
            let how = left
                .0
                .as_ref()
                .and_then(|rare| rare.how.clone())
                .unwrap_or(How::Returned);
            record.recorder.tell(|observer| observer.ended(&task, &how));
        }
    }
    drop(left);
}

impl ScopeNode {
    /// A child that was spawned was not accepted.
    pub(crate) fn note_refused(&self, key: RecordKey, task: impl FnOnce() -> TaskInfo) {
        if let Some(record) = self.record().filter(|_| key != RecordKey::NONE) {
            let task = task();
            record.ended_as(key, task.id(), How::Cancelled(CancelReason::Ended));
            leave(record, key, task.id(), || Some(task.clone()));
        }
    }
}

impl TaskNode {
    /// The task's closure is about to be run, on a thread that may block.
    pub(crate) fn note_blocking(&self) {
        if !is_on() {
            return;
        }
        let Some(record) = self.scope.record() else { return };
        let now = record.recorder.now();
        let began = record.with(self.record_key(), self.info.id(), |entry| {
            entry.rare().running = now;
            entry.spawned
        });
        if let Some(spawned) = began {
            let queued = nanos(now.saturating_sub(spawned));
            record.recorder.tell(|observer| observer.started(&self.info, queued));
        }
    }
}

/// The task that is being polled was found to wait.
pub(crate) fn waits(wait: impl FnOnce() -> WaitsFor) {
    if is_on() {
        note_wait(wait());
    }
}

fn note_wait(wait: WaitsFor) {
    let Some((scope, key, id)) = context::recorded_task() else {
        return;
    };
    if let Some(record) = scope.record() {
        record.waits(key, id, wait);
    }
}

/// The waker that a poll is given, where it is counted.
pub(crate) fn counted(polled: Option<&Polled>) -> Option<Waker> {
    let counted: &Arc<CountedWaker> = polled?.waker.as_ref()?;
    Some(counted.clone().into())
}
