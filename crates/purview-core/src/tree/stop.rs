//! How a task or a scope is asked to stop, and whether a scope that was told to stop runs on for now.

use std::sync::Arc;

use super::{
    scope_node::{Link, ScopeNode, Stopped},
    task_node::{Role, TaskNode},
};
use crate::{
    cancel::{CancelReason, Cancellable},
    panic::FirstPanic,
    stack::with_room,
    wake::part,
};

impl TaskNode {
    /// Asks this task alone to stop; gives whether it had not been asked before.
    pub(crate) fn cancel(self: &Arc<Self>, reason: CancelReason) -> bool {
        if self.is_ended() || self.stop.set(reason.clone()).is_err() {
            return false;
        }
        self.note_stopped(&reason);
        let mut panicked = FirstPanic::default();
        let this: Arc<dyn Cancellable> = self.clone();
        panicked.run(|| {
            this.cancel(reason);
        });
        // What was told of a shutdown, and still runs, is not given time any more.
        panicked.run(|| self.node().tell_again());
        panicked.run(|| self.wake());
        // It may wait in a queue, and its grace begins: both are the engine's to see to.
        panicked.run(|| self.scope.note_stop(Stopped::Task(self.clone())));
        panicked.resume_unless_unwinding();
        true
    }

    /// Why this task is to stop: alone, or with its scope. A finalizer is stopped by the end of its grace only.
    pub(crate) fn stopped(&self) -> Option<&CancelReason> {
        if self.role == Role::Finalizer {
            return None;
        }
        self.stop.get().or_else(|| self.scope.cut())
    }

    /// Why this task was cancelled alone, if it was.
    pub(crate) fn stopped_alone(&self) -> Option<&CancelReason> {
        self.stop.get()
    }
}

impl ScopeNode {
    /// Asks the whole scope to stop; gives whether it had not been asked before.
    pub(crate) fn cancel(self: &Arc<Self>, reason: CancelReason) -> bool {
        if self.is_ended() {
            return false;
        }
        let this: Arc<dyn Cancellable> = self.clone();
        this.cancel(reason)
    }

    /// What the token fired with, the ordinary end too.
    pub(crate) fn reason(&self) -> Option<&CancelReason> {
        self.node().reason()
    }

    /// Why the scope was cancelled; the ordinary end is no cancellation.
    pub(crate) fn cancelled(&self) -> Option<&CancelReason> {
        self.reason().filter(|_| !(self.is_ended() && self.cut.get().is_none()))
    }

    /// Why it takes no more children. One that is given time to end may need children of its own for that.
    pub(crate) fn refuses(&self) -> Option<&CancelReason> {
        self.cancelled().filter(|_| !self.is_shutting_down())
    }

    /// Why plain children are dropped, once they are.
    pub(crate) fn cut(&self) -> Option<&CancelReason> {
        self.cut.get()
    }

    /// All children that do not hold are about to be dropped.
    pub(crate) fn begin_cut(&self, reason: CancelReason) {
        let _ = self.cut.set(reason);
    }

    /// Has the engine look at what was cancelled alone.
    pub(crate) fn note_stop(&self, stopped: Stopped) {
        self.lock().waiting().stopped.push(stopped);
        if self.is_ended() {
            // Nothing comes to look, and a task keeps this very node.
            drop(self.take_stopped());
        }
        self.signal().raise(part::STOPPED);
    }

    pub(crate) fn take_stopped(&self) -> Vec<Stopped> {
        self.lock().take(|waiting| &mut waiting.stopped)
    }

    /// Whether all have been told to end and none is dropped yet: in this scope, or in one around it. A further
    /// cancellation on request ends that.
    pub(crate) fn is_shutting_down(&self) -> bool {
        if self.cut.get().is_some() || self.node().is_cancelled_again() {
            return false;
        }
        if self.is_soft() {
            return true;
        }
        // Only where it was the cancellation of the task around that this scope was told of.
        let told_by = self.link().filter(|_| self.reason() == Some(&CancelReason::Parent));
        told_by.is_some_and(|Link { task, .. }| {
            task.stopped_alone().is_none() && with_room(|| task.scope.is_shutting_down())
        })
    }

    /// Whether the scope's token has fired, and all children that do not hold are to be dropped for it now.
    pub(crate) fn is_to_be_cut(&self) -> bool {
        self.signal().take(part::CANCEL) && !self.is_shutting_down()
    }
}
