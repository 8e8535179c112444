//! A scope belongs to the task that polls it now.

use std::{iter::successors, sync::Arc};

use super::{
    grace::Grace,
    scope_node::{ENDED, Left, Link, POLLED, ScopeNode},
    stop::note_shutdown_below,
    task_node::{HoldKind, Role, TaskNode},
};
use crate::{
    cancel::{Cancellable, Told},
    stack::with_room,
    wake::wake_all,
};

impl ScopeNode {
    /// The first poll settles the names, the runtime and the deadline of a scope, from what surrounds that poll.
    pub(crate) fn settle(&self, around: Option<&TaskNode>) {
        self.settle_runtime(around.map(|task| &*task.scope));
        if let Some(task) = around {
            self.naming().inherit(task.info.clone());
        }
        self.resolve_deadline();
        self.set(POLLED);
    }

    /// Moves it from the task that polled it before to the one that polls it now; cancellation, deadline and holds follow.
    pub(crate) fn move_to(self: &Arc<Self>, task: Option<Arc<TaskNode>>, shielded: bool) {
        // Before a cut there finds it, or does not; and again below, where that was noted as it moved.
        if self.is_shutdown_below() {
            note_shutdown_below(task.as_ref().map(|task| task.scope.clone()));
        }
        let link = task.map(|task| {
            let (parent, this): (Arc<dyn Cancellable>, Arc<dyn Cancellable>) = (task.clone(), self.clone());
            let told = if shielded { Told::Grace } else { Told::Parent };
            let key = parent.adopt(&this, told);
            Link { task, shielded, key }
        });
        let new = link.as_ref().map(|link| link.task.clone());
        // Seeded: it looks at the counts before they stand still.
        let looked =
            cfg!(purview_seeded_bug = "moved-with-old-counts").then(|| HoldKind::ALL.map(|kind| self.holds.any(kind)));
        // Under one lock with the counts: a hold that another thread takes or releases now is moved, or finds the new task.
        let (old, held, if_moved) = {
            let mut cold = self.lock();
            let held = looked.unwrap_or_else(|| HoldKind::ALL.map(|kind| self.holds.any(kind)));
            let if_moved = cold.take(|waiting| &mut waiting.if_moved);
            (std::mem::replace(&mut cold.link, link), held, if_moved)
        };
        if self.is_shutdown_below() {
            note_shutdown_below(new.as_ref().map(|task| task.scope.clone()));
        }
        let moved = old.is_some();
        for (kind, _) in HoldKind::ALL.into_iter().zip(held).filter(|(_, held)| *held) {
            if let Some(task) = &new {
                task.hold(kind);
            }
            if let Some(old) = &old {
                old.task.let_go(kind);
            }
        }
        if let Some(old) = old {
            self.node().leave(old.key, &*old.task);
        }
        // Where it comes, the grace may be over already. What only begins there is part of what still runs there.
        if moved && new.is_some_and(|task| task.role != Role::Finalizer && task.grace() > Grace::Holds) {
            self.grace_ended();
        }
        wake_all(if_moved);
    }

    pub(crate) fn link(&self) -> Option<Link> {
        self.lock().link.clone()
    }

    /// The link to the task that polls it, that of the scope of this task, and so on outwards.
    pub(crate) fn links(&self) -> impl Iterator<Item = Link> {
        successors(self.link(), |link| link.task.scope.link())
    }

    /// As [`links`](Self::links), up to the next shield.
    pub(crate) fn links_in_sight(&self) -> impl Iterator<Item = Link> {
        self.links().take_while(|link| !link.shielded)
    }

    /// Marks the end, and unlinks it from the task around; gives what is to be dropped or woken outside the lock.
    pub(super) fn unlink(&self) -> (Option<Link>, Left) {
        let (link, left) = {
            let mut cold = self.lock();
            self.set(ENDED);
            // What runs elsewhere still counts in the task around.
            let link = if self.holds.any(HoldKind::Elsewhere) {
                cold.link.clone()
            } else {
                cold.link.take()
            };
            (link, cold.leave())
        };
        for kind in [HoldKind::Shield, HoldKind::Finalizer] {
            if self.holds.any(kind) && self.holds.clear(kind) {
                if let Some(link) = &link {
                    link.task.let_go(kind);
                }
            }
        }
        (link, left)
    }
}

impl Drop for ScopeNode {
    fn drop(&mut self) {
        // It may be the last that keeps a long line of scopes around.
        let link = self.lock().link.take();
        if let Some(link) = link {
            with_room(|| drop(link));
        }
    }
}
