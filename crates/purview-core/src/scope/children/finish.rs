//! A task has ended and its future was dropped: what that means for its scope.

use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::Poll,
};

use super::{BodyStage, Children, Whole};
use crate::{
    cancel::CancelReason,
    context::Env,
    engine::Engine,
    policy::Policy,
    scope::{
        child::{Child, Verdict},
        kind::{AnyChild, Boxed, Kind},
    },
    tree::{HoldKind, Role, TaskNode},
    wake::{part, part_waker},
};

impl<'env, P: Policy, K: Kind> Whole<'_, 'env, P, K> {
    /// Has the end of a child reported, and drops what is left of it. A child that was `dropped` was cut, even where its
    /// destructor has panicked.
    pub(super) fn finish_child(&mut self, engine: &mut Engine, mut child: Boxed<'env, P, K>, dropped: bool) {
        let role = child.get().env().role();
        if role == Role::Ordinary {
            self.note_stop(engine);
        }
        if role == Role::Finalizer && child.get().has_failed() {
            // What failed before comes before it.
            self.children.reclaim(engine);
        }
        let verdict = self.children.report(child.pinned());
        let env = child.get().env();
        let is_cut = dropped || verdict.cancelled || (verdict.panicked && child.get().stopped().is_some());
        self.children.finish_task(engine, env, is_cut);
        let children = &mut *self.children;
        match role {
            Role::Ordinary => {
                children.ordinary -= 1;
                children.beyond_grace -= usize::from(env.is_beyond_grace());
            }
            Role::Daemon => {
                let rare = children.rare.make();
                rare.daemons_beyond_grace -= usize::from(env.is_beyond_grace());
                drop(rare.daemons.remove(&env.id()));
            }
            Role::Finalizer => {
                children.finalizing = false;
                engine.panicked.run(|| engine.node.let_go(HoldKind::Finalizer));
            }
        }
        let shared = &*children.shared;
        if role != Role::Finalizer {
            shared.live.fetch_sub(1, Ordering::AcqRel);
        }
        // What ran on elsewhere when its grace was over was waited for only because a thread cannot be interrupted.
        let is_late = verdict.cancelled || env.is_beyond_grace();
        shared.shutdown.note_end(|| env.named_info(), is_late);
        if env.has_place() {
            engine.panicked.run(|| shared.free_place());
        }
        if verdict.keep {
            children.unclaimed.keep::<P>(child);
        } else {
            engine.panicked.run(|| drop(child));
        }
        self.act(engine, verdict, role);
    }

    pub(super) fn finish_body(&mut self, engine: &mut Engine) {
        self.note_stop(engine);
        self.children.body = BodyStage::Ended;
        let verdict = self.children.report(self.body.as_mut());
        let env = self.body.env();
        let is_cut = verdict.cancelled || (verdict.panicked && env.is_stopped());
        self.children.finish_task(engine, env, is_cut);
        self.act(engine, verdict, Role::Ordinary);
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

    #[inline]
    fn act(&mut self, engine: &mut Engine, verdict: Verdict, role: Role) {
        if !verdict.is_ordinary() || engine.panicked.is_some() {
            self.act_on_failure(engine, verdict, role);
        }
    }

    #[cold]
    fn act_on_failure(&mut self, engine: &mut Engine, verdict: Verdict, role: Role) {
        let children = &mut *self.children;
        if let Some(reason) = verdict.lost {
            if engine.is_running() {
                children.verdict.get_or_insert((*reason).clone());
            }
            children.rare.make().lost.get_or_insert(*reason);
        }
        if let Some(panic) = verdict.raised {
            engine.panicked.keep(panic);
        }
        if verdict.flow.is_continue() && !engine.panicked.is_some() {
            return;
        }
        let node = &engine.node;
        let reason = match node.reason() {
            // The scope was cancelled before this failure: the first cause counts.
            Some(first) if engine.is_running() && !node.is_shutting_down() => first.clone(),
            _ if verdict.panicked || engine.panicked.is_some() => CancelReason::Panicked,
            _ => CancelReason::Failed,
        };
        if role == Role::Finalizer {
            // The other finalizers run as if nothing had happened.
            children.rare.make().broke.get_or_insert(reason);
        } else if engine.is_running() {
            children.verdict.get_or_insert(reason);
        }
    }
}

impl<P: Policy, K: Kind> Children<'_, P, K> {
    fn report(&mut self, task: Pin<&mut (dyn Child<P> + '_)>) -> Verdict {
        let policy = self.policy.as_mut().expect("a scope has its policy until it resolves");
        let abandoned = self.rare.get().and_then(|rare| rare.abandoned.as_ref());
        task.report(policy, abandoned)
    }

    /// A task has ended: what waits for its token is told, and what it has left running elsewhere is waited for.
    #[inline]
    fn finish_task(&mut self, engine: &mut Engine, env: &Env, is_cut: bool) {
        if let Some(task) = env.task() {
            self.finish_node(engine, task, is_cut);
        }
        env.note_end();
    }

    fn finish_node(&mut self, engine: &mut Engine, task: &Arc<TaskNode>, is_cut: bool) {
        engine.panicked.run(|| task.end());
        if is_cut && task.is_elsewhere() {
            task.set_poller(&part_waker::<{ part::CHILDREN }, _>(&engine.node));
            self.rare.make().elsewhere.push(task.clone());
            engine.signal().raise(part::CHILDREN);
        }
    }
}
