//! Cancellation: what is dropped at once, and what is waited for.

use std::{collections::VecDeque, sync::atomic::Ordering, task::Poll};

use super::{BodyStage, InSet, Whole};
use crate::{
    cancel::CancelReason,
    engine::Engine,
    panic::{catch, expect_panics, is_expected},
    policy::Policy,
    scope::{
        child::Unclaimed,
        kind::{AnyChild, Boxed, Kind},
    },
    tree::{Grace, Role},
    wake::{part, wake_all},
};

impl<'env, P: Policy, K: Kind> Whole<'_, 'env, P, K> {
    /// Drops what does not hold under the present grace: the body first, then the children, newest to oldest.
    pub(super) fn drop_tasks(&mut self, engine: &mut Engine, reason: &CancelReason) {
        // What waits in the queue is stopped too.
        self.drain_queue();
        let body = self.children.body != BodyStage::Ended;
        self.children.stopped_by_others |= engine.stopped_by_others && (body || self.children.ordinary > 0);
        if let Some(limiter) = &self.children.shared.limiter {
            engine.panicked.run(|| wake_all(limiter.waiting_permits()));
        }
        if !std::mem::replace(&mut self.children.is_cut, true) && self.children.body == BodyStage::Started {
            let kept = self.keeps_body(engine);
            self.body.as_mut().env_mut().keep(kept);
        }
        let over = engine.stage.grace() == Some(Grace::Over);
        // One that is kept has its last turn when the others have ended.
        let kept = self.body.env().is_kept();
        if self.children.body != BodyStage::Ended && !kept && (over || !self.body.env().holds()) {
            self.cut_body(engine, reason.clone());
        }
        self.drain_queue();
        let mut dropped = self.take_unstarted(over);
        for place in self.children.set.iter() {
            let child = place
                .get_mut()
                .take_if(|child| over || !child.child().get().env().holds());
            dropped.extend(child.map(InSet::into_child));
        }
        self.drop_newest_first(engine, dropped, reason);
    }

    fn keeps_body(&mut self, engine: &mut Engine) -> bool {
        let policy = self.children.policy();
        catch(|| policy.keeps_body()).unwrap_or_else(|panic| {
            engine.panicked.keep(panic);
            false
        })
    }

    /// Drops those that have not been polled yet.
    pub(super) fn drop_unstarted(&mut self, engine: &mut Engine) {
        if let Some(reason) = engine.stage.stopped().cloned() {
            let dropped = self.take_unstarted(engine.stage.grace() == Some(Grace::Over));
            self.drop_newest_first(engine, dropped, &reason);
        }
    }

    /// Takes out the children that have not entered the set. A guest may have begun before, and holds then like any other.
    fn take_unstarted(&mut self, over: bool) -> Vec<Boxed<'env, P, K>> {
        let children = &mut *self.children;
        let holds = |child: &Boxed<'env, P, K>| !over && child.get().env().holds();
        let mut waiting = Vec::new();
        if let Some(rare) = children.rare.get_mut() {
            if !rare.ready.is_empty() {
                let ready = std::mem::take(&mut children.ready);
                children.ready = rare.ready.take_all().chain(ready).collect();
            }
            waiting.extend(rare.waiting.take_all());
        }
        let (held, ready): (VecDeque<_>, VecDeque<_>) = children.ready.drain(..).partition(holds);
        children.ready = held;
        ready.into_iter().chain(waiting).collect()
    }

    fn drop_newest_first(&mut self, engine: &mut Engine, mut dropped: Vec<Boxed<'env, P, K>>, reason: &CancelReason) {
        // The set keeps its children by when they were last polled; their numbers rise with the order of spawning. Nearly
        // sorted as they are, this takes little more than one look at each.
        dropped.sort_by_key(|child| std::cmp::Reverse(child.get().env().id()));
        for child in dropped {
            self.cut_child(engine, child, reason);
        }
    }

    pub(super) fn cut_child(&mut self, engine: &mut Engine, mut child: Boxed<'env, P, K>, reason: &CancelReason) {
        let reason = child.get().stopped_alone().unwrap_or_else(|| reason.clone());
        match child.pinned().cut(reason) {
            Poll::Ready(()) => self.finish_child(engine, child, true),
            Poll::Pending => {
                // Another thread is in it, and drops it there, unless it holds by then: it comes back as ended.
                if engine.stage.grace() == Some(Grace::Over) {
                    if let Some(task) = child.get().env().task() {
                        task.end_grace(Grace::Over);
                    }
                }
                let role = child.get().env().role();
                let after_grace = engine.stage.grace().is_some_and(|grace| grace > Grace::Holds);
                if after_grace && !child.get().env().is_beyond_grace() {
                    child.pinned().env_mut().set_beyond_grace();
                    match role {
                        Role::Ordinary => self.children.beyond_grace += 1,
                        Role::Daemon => self.children.rare.make().daemons_beyond_grace += 1,
                        Role::Finalizer => {}
                    }
                }
                self.children.set.push(InSet::new(child), &engine.node);
            }
        }
    }

    /// The scope's future is being dropped: all tasks are, now.
    pub(in crate::scope) fn drop_all(&mut self, engine: &mut Engine) {
        if engine.stage.is_ended() {
            return;
        }
        let reported = is_expected();
        {
            let _expected = expect_panics();
            self.abandon(engine, reported);
        }
        engine.panicked.resume_if_expected();
    }

    fn abandon(&mut self, engine: &mut Engine, reported: bool) {
        let dropped = if engine.node.is_open() {
            "the scope's driver was dropped"
        } else {
            "the scope's future was dropped"
        };
        // The body is not kept.
        self.children.is_cut = true;
        self.body.as_mut().env_mut().keep(false);
        if reported {
            let reason = engine.node.reason().cloned();
            self.children.rare.make().abandoned = Some(reason.unwrap_or(CancelReason::Requested(Some(dropped.into()))));
        }
        let reason = engine.abandon(dropped, self);
        self.children.shared.close();
        // What came in until the queue was closed.
        self.drop_tasks(engine, &reason);
        while let Some(finalizer) = self.children.shared.take_finalizer() {
            self.cut_child(engine, finalizer, &reason);
        }
        let shared = self.children.shared.clone();
        for place in self.children.set.iter() {
            // Another thread is in these.
            if let Some(child) = place.get_mut() {
                engine
                    .panicked
                    .run(|| child.child_mut().pinned().abandon(reason.clone()));
                shared.live.fetch_sub(1, Ordering::AcqRel);
                shared
                    .shutdown
                    .note_end(|| child.child().get().env().named_info(), true);
            }
        }
        engine.end();
        // What is given to nothing.
        let body = self.body.as_mut();
        engine.panicked.run(|| body.abandon(reason.clone()));
        let unclaimed = std::mem::replace(&mut self.children.unclaimed, Unclaimed::new());
        engine.panicked.run(|| drop(unclaimed));
        let policy = self.children.policy.take();
        engine.panicked.run(|| drop(policy));
    }

    /// Gives back what a limit had granted to children that were dropped before they started. These had these numbers before
    /// the empty places were `swept`.
    pub(super) fn forget_places(&mut self, engine: &mut Engine, numbers: &[u64], swept: bool) {
        let shared = self.children.shared.clone();
        if let Some(limiter) = &shared.limiter {
            let granted = limiter.forget_children(numbers);
            if swept {
                limiter.sweep();
            }
            for _ in 0..granted {
                engine.panicked.run(|| shared.free_place());
            }
        }
        engine.signal().raise(part::QUEUE);
    }
}
