//! Taking and releasing holds: in a task, then in its scope, then in the task that polls the scope.

use std::sync::Arc;

use super::{
    grace::Grace,
    scope_node::{Link, ScopeNode},
    task_node::{HoldKind, Role, TaskNode, full_fence},
};
use crate::{
    cancel::{Holder, Node},
    stack::with_room,
};

impl TaskNode {
    pub(crate) fn hold(&self, kind: HoldKind) {
        if self.holds.add(kind) {
            with_room(|| self.scope.hold(kind));
            self.note_held(kind);
            // It may have ended meanwhile, and then holds nothing any more.
            full_fence();
            if self.is_ended() && kind != HoldKind::Elsewhere && self.holds.clear(kind) {
                with_room(|| self.scope.let_go(kind));
            }
        }
    }

    pub(crate) fn let_go(&self, kind: HoldKind) {
        if !self.holds.sub(kind) {
            return;
        }
        with_room(|| self.scope.let_go(kind));
        self.note_let_go(kind);
        // Within its own poll the task is looked at afterwards; else it has to be woken for that, unless something else
        // holds it. One of the two threads sees what the other has done.
        // Seeded: neither sees the other.
        if !cfg!(purview_seeded_bug = "hold-let-go-unseen") {
            full_fence();
        }
        // A task that has ended is waited for while something of it runs elsewhere.
        let is_looked_at = || self.is_ended() || (self.stopped().is_some() && !self.holds());
        if !self.is_being_polled() && is_looked_at() {
            self.wake();
        }
    }

    /// Whether it is to be polled on although it is to stop.
    pub(crate) fn holds(&self) -> bool {
        full_fence();
        let any = |kind| self.holds.any(kind);
        match self.grace() {
            Grace::Holds => self.role == Role::Finalizer || HoldKind::ALL.into_iter().any(any),
            Grace::Finalizers => self.role == Role::Finalizer || any(HoldKind::Finalizer),
            Grace::Over => false,
        }
    }

    /// Whether another thread is in something that this task has started.
    pub(crate) fn is_elsewhere(&self) -> bool {
        full_fence();
        self.holds.any(HoldKind::Elsewhere)
    }

    /// A hold that was forgotten, or carried out of the task, holds nothing once the task has ended; what runs elsewhere
    /// is still waited for.
    pub(super) fn give_up_holds(&self) {
        for kind in [HoldKind::Shield, HoldKind::Finalizer] {
            if self.holds.clear(kind) {
                with_room(|| self.scope.let_go(kind));
            }
        }
    }
}

/// A wait for cancellation that has been told.
impl Holder for TaskNode {
    fn is_cancelled_with(&self, token: &Node) -> bool {
        if self.role == Role::Finalizer {
            return false;
        }
        let mut nodes = vec![self.node().address(), self.scope.node().address()];
        if nodes.contains(&token.address()) {
            return true;
        }
        for Link { task, .. } in self.scope.links_in_sight() {
            nodes.extend([task.node().address(), task.scope.node().address()]);
        }
        token.is_below(&nodes)
    }

    fn hold(&self) {
        Self::hold(self, HoldKind::Shield);
    }

    fn let_go(&self) {
        Self::let_go(self, HoldKind::Shield);
    }
}

impl ScopeNode {
    /// One more task in this scope holds; the first one makes the task that polls the scope hold too.
    pub(crate) fn hold(&self, kind: HoldKind) {
        // Seeded: it counts in one step, and looks at what is around in another.
        let counted = cfg!(purview_seeded_bug = "hold-in-the-first-poll").then(|| self.holds.add(kind));
        let around = {
            let cold = self.lock();
            let first = counted.unwrap_or_else(|| self.holds.add(kind));
            cold.link.as_ref().filter(|_| first).map(|link| link.task.clone())
        };
        if let Some(task) = around {
            task.hold(kind);
        }
    }

    pub(crate) fn let_go(&self, kind: HoldKind) {
        let (around, link) = {
            let mut cold = self.lock();
            let last = self.holds.sub(kind);
            let around = cold.link.as_ref().filter(|_| last).map(|link| link.task.clone());
            // The link of a scope that has ended was kept for this.
            let done = self.is_ended() && !self.holds.any(HoldKind::Elsewhere);
            (around, if done { cold.link.take() } else { None })
        };
        if let Some(task) = around {
            task.let_go(kind);
        }
        drop(link);
    }
}

/// Keeps a task from being dropped at once, until it is dropped itself.
#[derive(Default)]
pub(crate) struct Hold(Option<Arc<TaskNode>>);

impl Hold {
    /// Holds this task, in place of another one.
    pub(crate) fn take(&mut self, task: Option<Arc<TaskNode>>) {
        let same = match (&self.0, &task) {
            (Some(held), Some(task)) => Arc::ptr_eq(held, task),
            (None, None) => true,
            _ => false,
        };
        if !same {
            if let Some(task) = &task {
                task.hold(HoldKind::Shield);
            }
            self.release();
            self.0 = task;
        }
    }

    pub(crate) fn release(&mut self) {
        if let Some(task) = self.0.take() {
            task.let_go(HoldKind::Shield);
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.release();
    }
}
