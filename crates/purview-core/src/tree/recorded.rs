//! What the nodes themselves have recorded: holds, requests to stop, and the end of a scope.

use std::sync::Arc;

use super::{
    info::TaskId,
    record::{Held, Kind, ScopeInfo, ScopeRecord, TaskRecord, is_on},
    scope_node::ScopeNode,
    task_node::{HoldKind, TaskNode},
};
use crate::cancel::CancelReason;

impl ScopeNode {
    /// Which scope it is, for observers.
    pub(crate) fn scope_info(&self, record: &ScopeRecord) -> ScopeInfo {
        ScopeInfo {
            id: record.id,
            name: self.given_name().map(str::to_owned),
            kind: self.kind(),
            location: self.location(),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        if self.is_gather() { Kind::Gather } else { Kind::Scope }
    }

    pub(crate) fn tell_opened(&self, record: &ScopeRecord) {
        if record.recorder.has_observers() {
            let (info, link) = (self.scope_info(record), self.link());
            let by = link.as_ref().map(|link| &link.task.info);
            record.recorder.tell(|observer| observer.opened(&info, by));
        }
    }

    /// What is recorded of a task in it while that is alive, and of the scope.
    pub(crate) fn live<'a>(
        &'a self,
        task: Option<&'a Arc<TaskRecord>>,
    ) -> Option<(&'a Arc<TaskRecord>, &'a Arc<ScopeRecord>)> {
        let task = task.filter(|task| !task.has_ended())?;
        Some((task, self.record()?))
    }

    /// It was told to stop.
    pub(super) fn note_told(&self) {
        if !is_on() {
            return;
        }
        let Some((record, reason)) = self.record().zip(self.reason()) else {
            return;
        };
        if *reason != CancelReason::Ended && record.note_told() && record.recorder.has_observers() {
            let info = self.scope_info(record);
            record.recorder.tell(|observer| observer.cut(&info, reason));
        }
    }

    /// A task in it that has no node was told to stop alone.
    pub(crate) fn note_stopped_alone(&self, task: TaskId, reason: &CancelReason) {
        if is_on() {
            if let Some(record) = self.record() {
                if let Some(task) = record.find(task) {
                    task.told_alone(&record.recorder, reason);
                }
            }
        }
    }

    /// It has ended.
    pub(crate) fn note_closed(&self) {
        if !is_on() {
            return;
        }
        let Some(record) = self.record() else { return };
        if record.close() && record.recorder.has_observers() {
            if !self.is_polled() {
                // What is counted as closed has to be counted as opened.
                self.tell_opened(record);
            }
            let info = self.scope_info(record);
            record.recorder.tell(|observer| observer.closed(&info));
        }
    }
}

impl TaskNode {
    /// What is recorded of it while it is alive, and of its scope.
    pub(crate) fn recorded(&self) -> Option<(&Arc<TaskRecord>, &Arc<ScopeRecord>)> {
        if is_on() { self.scope.live(self.record()) } else { None }
    }

    /// The first hold of a kind has been taken.
    pub(super) fn note_held(&self, kind: HoldKind) {
        let Some((task, scope)) = self.recorded() else { return };
        let (now, kind) = (scope.recorder.now(), kind as usize);
        task.note(|rare| rare.held[kind] = now);
        scope
            .recorder
            .tell(|observer| observer.held(&self.info, Held::ALL[kind]));
    }

    /// The last hold of a kind has been released.
    pub(super) fn note_let_go(&self, kind: HoldKind) {
        let Some((task, scope)) = self.recorded() else { return };
        let kind = kind as usize;
        if task.note(|rare| std::mem::take(&mut rare.held[kind])) != 0 {
            scope
                .recorder
                .tell(|observer| observer.let_go(&self.info, Held::ALL[kind]));
        }
    }

    /// It alone was told to stop.
    pub(super) fn note_stopped(&self, reason: &CancelReason) {
        if let Some((task, scope)) = self.recorded() {
            task.told_alone(&scope.recorder, reason);
        }
    }
}
