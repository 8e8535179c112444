//! The order in which a scope ends: the children, then the daemons, then the finalizers.

use std::task::Poll;

use super::{BodyStage, Children, InSet, Whole};
use crate::{
    cancel::CancelReason,
    context::{is_cancelled_here, unwind},
    engine::{Engine, Progress},
    panic::OneByOne,
    policy::Policy,
    scope::kind::Kind,
    tree::Grace,
    wake::part,
};

impl<P: Policy, K: Kind> Whole<'_, '_, P, K> {
    /// Takes the next step towards the end, if its time has come.
    pub(super) fn advance(&mut self, engine: &mut Engine) -> Progress {
        loop {
            if engine.signal().is_raised(part::QUEUE) {
                self.drain_queue();
            }
            let children = &mut *self.children;
            if children.ordinary > children.beyond_grace {
                return Progress::Idle;
            }
            if children.body != BodyStage::Ended {
                if engine.stage.grace().is_some()
                    && children.rare.daemons_within_grace() == 0
                    && self.body.env().is_kept()
                {
                    self.give_last_turn(engine);
                }
                if self.children.body != BodyStage::Ended {
                    return Progress::Idle;
                }
                // The body may have spawned in its last turn.
                continue;
            }
            if children.rare.daemons_within_grace() > 0 {
                return self.stop_daemons(engine);
            }
            if children.finalizing {
                return Progress::Idle;
            }
            if children.shared.has_finalizers() {
                return self.run_finalizer(engine);
            }
            // What was dropped, and still runs on other threads, is waited for.
            let is_elsewhere = children.rare.get_mut().is_some_and(|rare| {
                rare.elsewhere.retain(|task| task.is_elsewhere());
                !rare.elsewhere.is_empty()
            });
            if is_elsewhere || children.under_way() > 0 {
                return Progress::Idle;
            }
            if children.unclaimed.has_unawaited() {
                // While the scope lives: the policy may add to it.
                children.reclaim(engine);
                continue;
            }
            // A handle may have spawned just now, from another thread.
            if children.shared.close_if_empty() {
                return Progress::Over;
            }
            self.drain_queue();
        }
    }

    /// Finalizers run one after the other, last in first out.
    fn run_finalizer(&mut self, engine: &mut Engine) -> Progress {
        let Some(finalizer) = self.children.shared.take_finalizer() else {
            return Progress::Busy;
        };
        if engine.stage.grace() == Some(Grace::Over) {
            let reason = engine.stage.stopped().cloned().unwrap_or(CancelReason::Ended);
            self.cut_child(engine, finalizer, &reason);
            // There may be more.
            engine.signal().raise(part::CHILDREN);
        } else {
            self.children.finalizing = true;
            self.children.set.push(InSet::new(finalizer), &engine.node);
        }
        Progress::Busy
    }

    fn stop_daemons(&mut self, engine: &mut Engine) -> Progress {
        let Some(rare) = self.children.rare.get_mut() else {
            return Progress::Idle;
        };
        // Once for all of them: they may be many, and end one by one.
        if std::mem::replace(&mut rare.daemons_stopped, true) {
            return Progress::Idle;
        }
        let mut stopped = false;
        for daemon in rare.daemons.values() {
            engine.panicked.run(|| stopped |= daemon.cancel(CancelReason::Ended));
        }
        if stopped { Progress::Busy } else { Progress::Idle }
    }

    /// The body of a scope that was cut sees that its tasks have resolved, and returns what it has.
    fn give_last_turn(&mut self, engine: &mut Engine) {
        if engine.signal().take(part::BODY) {
            self.poll_body(engine);
            if self.children.body == BodyStage::Ended {
                return;
            }
        }
        self.body.as_mut().env_mut().keep(false);
        let over = engine.stage.grace() == Some(Grace::Over);
        if let Some(reason) = engine.stage.stopped().cloned() {
            if over || !self.body.env().holds() {
                self.cut_body(engine, reason);
            }
        }
    }
}

impl<P: Policy, K: Kind> Children<'_, P, K> {
    /// Gives the results that nothing waits for back to the policy, until that has been asked what the scope resolves to.
    pub(super) fn reclaim(&mut self, engine: &mut Engine) {
        if let Some(policy) = &mut self.policy {
            let unclaimed = &mut self.unclaimed;
            engine.panicked.run(|| unclaimed.reclaim(policy));
        }
    }

    /// What the scope resolves to; pending where the policy has nothing to say and the parent is about to drop it.
    pub(in crate::scope) fn resolve<R>(&mut self, engine: &mut Engine, body: Option<R>) -> Poll<P::Output<R>> {
        let mut body = OneByOne::new(body);
        engine.end();
        self.reclaim(engine);
        let (unclaimed, policy) = (&mut self.unclaimed, &mut self.policy);
        if let Some(policy) = policy {
            engine.panicked.run(|| unclaimed.leave());
            if self.stopped_by_others {
                engine.panicked.run(|| policy.stopped_by_others());
            }
        }
        if engine.panicked.is_some() {
            let policy = self.policy.take();
            engine.panicked.run(|| drop(policy));
        }
        engine.panicked.resume();
        let mut body = OneByOne::new(
            body.take()
                .filter(|_| self.rare.get().is_none_or(|rare| rare.lost.is_none())),
        );
        let stop = engine
            .stage
            .stopped()
            .cloned()
            .or_else(|| self.rare.get()?.broke.clone());
        let policy = self.policy.take().expect("a scope resolves once");
        if !policy.can_finish(body.is_some(), stop.as_ref()) && !is_elsewhere(engine) {
            self.policy = Some(policy);
            return unwind::never();
        }
        Poll::Ready(policy.finish(body.take(), stop))
    }

    /// A scope that ended without a value stays pending; one that its parent cancelled, while it is polled inside what was
    /// cancelled.
    ///
    /// # Panics
    ///
    /// When it is polled elsewhere, or after it has resolved.
    pub(in crate::scope) fn poll_again<R>(&mut self, engine: &mut Engine) -> Poll<P::Output<R>> {
        let policy = self.policy.take();
        let policy = policy.expect("a scope must not be polled after it has resolved");
        if !is_elsewhere(engine) {
            self.policy = Some(policy);
            return unwind::never();
        }
        Poll::Ready(policy.finish(None, engine.stage.stopped().cloned()))
    }
}

/// Whether the parent that cancelled the scope is not around it any more: then there is nothing that drops it.
fn is_elsewhere(engine: &Engine) -> bool {
    engine.stage.stopped() == Some(&CancelReason::Parent) && !is_cancelled_here()
}
