//! What the engine and the doors of a scope have recorded of one task.

use std::{
    sync::{Arc, atomic::Ordering},
    task::Waker,
};

use crate::{
    context::{self, Env, Outcome},
    time::Duration,
    tree::{
        Role, TaskInfo,
        record::{How, Kind, Rare, Report, ScopeRecord, Spawned, TaskRecord, is_on},
    },
};

impl How {
    /// `None` of one that returned, which need not be noted.
    #[inline]
    fn of(outcome: &Outcome<'_>) -> Option<Self> {
        match outcome {
            Outcome::Returned => None,
            Outcome::Failed => Some(Self::Failed),
            Outcome::Panicked => Some(Self::Panicked),
            Outcome::Cancelled(reason) => Some(Self::Cancelled((*reason).clone())),
        }
    }
}

/// What is noted of a poll.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noted {
    Nothing,
    /// Its end is to be noted too.
    Poll,
    /// Likewise, and it is given a waker that counts.
    WithWaker,
}

impl Env {
    /// What is recorded of the task while it is alive, and of its scope.
    fn recorded(&self) -> Option<(&Arc<TaskRecord>, &Arc<ScopeRecord>)> {
        if is_on() {
            self.scope()?.live(self.record())
        } else {
            None
        }
    }

    /// The task was spawned, and waits for its first poll.
    #[inline]
    pub(crate) fn note_spawned(&mut self, kind: Kind) {
        if is_on() && self.is_task() && self.record().is_none() {
            self.begin_record(kind);
        }
    }

    #[cold]
    fn begin_record(&mut self, kind: Kind) {
        let Some(scope) = self.scope().and_then(|scope| scope.recorded()) else {
            return;
        };
        // Its kind and its number say which it is, if it has no name of its own.
        let is_derived = self.task().is_none() && (self.is_numbered() || (kind == Kind::Body && self.is_body()));
        let named = if is_derived {
            None
        } else {
            self.named_info().map(Rare::of)
        };
        let Some(record) = scope.add(self.id(), kind, self.number(), self.location(), named) else {
            return;
        };
        let is_told = scope.recorder.has_observers();
        self.set_record(record);
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
        if let Some((task, _)) = self.recorded() {
            task.note_limited();
        }
    }

    /// The task is about to be polled. To be asked only where something is recorded.
    pub(crate) fn note_poll(&mut self) -> Noted {
        if self.record().is_none() {
            self.begin_late();
        }
        let Some((task, scope)) = self.record().zip(self.scope().and_then(|scope| scope.record())) else {
            return Noted::Nothing;
        };
        if task.begin_poll(&scope.recorder, scope.is_told()) && scope.recorder.has_observers() {
            if let Some(info) = self.named_info() {
                let queued = Duration::from_nanos(task.queued());
                scope.recorder.tell(|observer| observer.started(&info, queued));
            }
        }
        if scope.recorder.options.wakers {
            Noted::WithWaker
        } else {
            Noted::Poll
        }
    }

    /// The task was not recorded when it was spawned.
    #[cold]
    fn begin_late(&mut self) {
        if !self.is_task() {
            return;
        }
        let is_gather = self.scope().is_some_and(|scope| scope.is_gather());
        let kind = match self.role() {
            Role::Finalizer => Kind::Finalizer,
            Role::Daemon => Kind::Daemon,
            Role::Ordinary if self.is_body() => Kind::Body,
            Role::Ordinary if is_gather => Kind::Member,
            Role::Ordinary => Kind::Child,
        };
        self.begin_record(kind);
    }

    /// The waker that the poll which has just begun is given. To be asked only where wakers are counted.
    #[inline]
    pub(crate) fn counted(&self, waker: &Waker) -> Option<Waker> {
        Some(self.record()?.count(waker).into())
    }

    /// The poll has ended.
    #[inline]
    pub(crate) fn note_polled(&self, is_pending: bool) {
        if self.record().is_some_and(|task| !task.end_briefly()) {
            self.end_poll(is_pending);
        }
    }

    fn end_poll(&self, is_pending: bool) {
        let Some((record, scope)) = self.recorded() else { return };
        let recorder = &scope.recorder;
        let grown = record.end_poll(recorder, is_pending);
        if !recorder.has_observers() && grown.slow.is_none() && grown.yields.is_none() {
            return;
        }
        let Some(task) = self.named_info() else { return };
        let took = Duration::from_nanos(grown.took);
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
        let Some(how) = how else { return };
        if let Some((task, _)) = self.recorded() {
            task.ended_as(how);
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
        let Some((task, scope)) = self.recorded() else { return };
        leave(scope, task, || self.named_info());
        if self.scope().is_some_and(|scope| scope.is_gather()) {
            scope.done.fetch_add(1, Ordering::Relaxed);
        }
    }
}

pub(super) fn leave(scope: &ScopeRecord, task: &TaskRecord, info: impl FnOnce() -> Option<TaskInfo>) {
    if scope.remove(task) && scope.recorder.has_observers() {
        if let Some(info) = info() {
            let how = task.how();
            scope.recorder.tell(|observer| observer.ended(&info, &how));
        }
    }
}
