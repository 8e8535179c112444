//! A task has ended and its future was dropped: what that means for its scope.

use std::{
    sync::{Arc, atomic::Ordering},
    task::Poll,
};

use super::{BodyStage, Whole};
use crate::{
    cancel::CancelReason,
    engine::Engine,
    policy::Policy,
    scope::{
        child::Verdict,
        kind::{AnyChild, Boxed, Kind},
    },
    tree::{HoldKind, Role, TaskNode},
    wake::{part, part_waker},
};

impl<'env, P: Policy, K: Kind> Whole<'_, 'env, P, K> {
    /// Has the end of a child reported, and drops what is left of it.
    pub(super) fn finish_child(&mut self, engine: &mut Engine, mut child: Boxed<'env, P, K>) {
        let role = child.get().env().role();
        if role == Role::Ordinary {
            self.note_stop(engine);
        }
        let abandoned = self.children.abandoned.clone();
        let verdict = child.pinned().report(self.children.policy(), abandoned.as_ref());
        engine.panicked.run(|| child.get().end());
        let id = child.get().env().id();
        match role {
            Role::Ordinary => {
                self.children.ordinary -= 1;
                self.children.beyond_grace -= usize::from(child.get().env().is_beyond_grace());
            }
            Role::Daemon => drop(self.children.daemons.remove(&id)),
            Role::Finalizer => {
                self.children.finalizing = false;
                engine.panicked.run(|| engine.node.let_go(HoldKind::Finalizer));
            }
        }
        let shared = self.children.shared.clone();
        if role != Role::Finalizer {
            shared.live.fetch_sub(1, Ordering::AcqRel);
        }
        shared
            .shutdown
            .note_end(|| child.get().env().named_info(), verdict.cancelled);
        if child.get().env().has_place() {
            engine.panicked.run(|| shared.free_place());
        }
        // One that panics as it is dropped was cut all the same.
        let is_cut = verdict.cancelled || (verdict.panicked && child.get().is_stopped());
        let task = child.get().env().task();
        if let Some(task) = task.filter(|task| is_cut && task.is_elsewhere()) {
            self.wait_elsewhere(engine, task.clone());
            engine.signal().raise(part::CHILDREN);
        }
        if verdict.keep {
            self.children.unclaimed.keep::<P>(child);
        } else {
            engine.panicked.run(|| drop(child));
        }
        self.act(engine, verdict, role);
    }

    pub(super) fn finish_body(&mut self, engine: &mut Engine) {
        self.note_stop(engine);
        self.children.body = BodyStage::Ended;
        let abandoned = self.children.abandoned.clone();
        let verdict = self.body.as_mut().report(self.children.policy(), abandoned.as_ref());
        engine.panicked.run(|| self.body.end());
        let is_cut = verdict.cancelled || (verdict.panicked && self.body.env().is_stopped());
        let task = self.body.env().task();
        if let Some(task) = task.filter(|task| is_cut && task.is_elsewhere()).cloned() {
            self.wait_elsewhere(engine, task);
        }
        self.act(engine, verdict, Role::Ordinary);
    }

    /// The task was dropped, and something that it started still runs on another thread: that is waited for.
    fn wait_elsewhere(&mut self, engine: &Engine, task: Arc<TaskNode>) {
        task.set_poller(&part_waker::<{ part::CHILDREN }, _>(&engine.node));
        self.children.elsewhere.push(task);
    }

    pub(super) fn cut_body(&mut self, engine: &mut Engine, reason: CancelReason) {
        if let Poll::Ready(()) = self.body.as_mut().cut(reason) {
            self.finish_body(engine);
        }
    }

    /// A cancellation from outside that comes before the last child has ended is told to the policy, whether children are
    /// dropped for it or return early.
    fn note_stop(&mut self, engine: &mut Engine) {
        let node = &engine.node;
        let stopped = engine.is_running()
            && node.node().is_cancelled_from_above()
            && node.reason().is_some()
            && !node.is_shutting_down();
        if stopped {
            engine.stopped_by_others = true;
            self.children.stopped_by_others = true;
        }
    }

    fn act(&mut self, engine: &mut Engine, verdict: Verdict, role: Role) {
        let children = &mut *self.children;
        if let Some(reason) = verdict.lost {
            if engine.is_running() {
                children.verdict.get_or_insert(reason.clone());
            }
            children.lost.get_or_insert(reason);
        }
        if let Some(panic) = verdict.raised {
            engine.panicked.keep(panic);
        }
        if verdict.flow.is_continue() && !engine.panicked.is_some() {
            return;
        }
        let node = &engine.node;
        let reason = match node.reason() {
            // The scope was cancelled before this failure: the first cause stays.
            Some(first) if engine.is_running() && !node.is_shutting_down() => first.clone(),
            _ if verdict.panicked || engine.panicked.is_some() => CancelReason::Panicked,
            _ => CancelReason::Failed,
        };
        if role == Role::Finalizer {
            // The other finalizers run as if nothing had happened.
            children.broke.get_or_insert(reason);
        } else if engine.is_running() {
            children.verdict.get_or_insert(reason);
        }
    }
}
