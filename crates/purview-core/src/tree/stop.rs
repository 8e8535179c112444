//! How a task or a scope is asked to stop, and whether a scope that was told to stop runs on for now.

use std::{iter::successors, sync::Arc};

use super::{
    scope_node::{Link, ScopeNode, Stopped},
    task_node::{Role, TaskNode, full_fence},
};
use crate::{
    cancel::{CancelReason, Cancellable},
    panic::FirstPanic,
    sync::atomic::Ordering,
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
        match self.is_given_time() {
            Some(given) => given,
            // A loop, not recursion: a tree may be deeper than the stack.
            None => self
                .links()
                .find_map(|Link { task, .. }| match task.stopped_alone() {
                    Some(_) => Some(false),
                    None => task.scope.is_given_time(),
                })
                .unwrap_or(false),
        }
    }

    /// Whether it is given time to end, as far as that does not depend on the scope around.
    fn is_given_time(&self) -> Option<bool> {
        if self.cut.get().is_some() || self.node().is_cancelled_again() {
            return Some(false);
        }
        if self.is_soft() {
            return Some(true);
        }
        // Only where it was the cancellation of the task around that this scope was told of.
        (self.reason() != Some(&CancelReason::Parent)).then_some(false)
    }

    /// Whether the scope's token has fired, and all children that do not hold are to be dropped for it now.
    pub(crate) fn is_to_be_cut(self: &Arc<Self>) -> bool {
        if !self.signal().take(part::CANCEL) {
            return false;
        }
        if !self.is_shutting_down() {
            return true;
        }
        note_shutdown_below(Some(self.clone()));
        // A cut around, on another thread, sees that, or is seen here.
        full_fence();
        !self.is_shutting_down()
    }

    /// Has everything below look again, once this scope is cut: what was told of a cancellation, and runs on because a
    /// shutdown gives it time, may have none any more.
    ///
    /// Most cuts need no such walk, which in a deep tree would be one over all that is below at each level. Whether a scope is
    /// given time depends on the scopes around it, up to that of the shutdown. So those that this cut matters to are below
    /// this scope, and each of them has noted that in all that was around it before it went on, and where it has moved to
    /// before it was there.
    pub(crate) fn end_time(&self) {
        full_fence();
        if self.is_shutdown_below() {
            self.node().tell_again();
        }
    }

    pub(super) fn is_shutdown_below(&self) -> bool {
        self.shutdown_below.load(Ordering::Acquire)
    }
}

/// A scope in this one, or this one itself, runs on because a shutdown gives it time.
pub(super) fn note_shutdown_below(scope: Option<Arc<ScopeNode>>) {
    let around = |scope: &Arc<ScopeNode>| scope.link().map(|link| link.task.scope.clone());
    // Outermost first: where it is noted, it is noted in all that is around.
    let unnoted: Vec<_> = successors(scope, around)
        .take_while(|scope| !scope.is_shutdown_below())
        .collect();
    for scope in unnoted.iter().rev() {
        scope.shutdown_below.store(true, Ordering::Release);
    }
    // One that another thread has moved meanwhile has noted it, or is seen here.
    for scope in &unnoted {
        note_shutdown_below(around(scope).filter(|around| !around.is_shutdown_below()));
    }
}
