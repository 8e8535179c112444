//! Time passes only when all actors wait: then nothing may have been left undone.

use std::time::Duration;

use purview_core::CancelReason;

use super::{
    Model, Rule,
    cancel::Due,
    ensure,
    state::{Fate, Frame, LastTurn, Life, Maybe, Role},
};
use crate::{
    program::{ActorId, Kind, ScopeId},
    trace::Wait,
};

impl Model<'_> {
    pub(super) fn time_passes(&mut self, to: Duration) -> Rule {
        ensure!(to >= self.now, "time goes back");
        while self.now < to {
            ensure!(
                self.polling.is_empty() && self.dropping.is_empty(),
                "time passes in the middle of something"
            );
            // Scopes have numbers that rise inwards, so a deadline is seen before those inside it.
            let live: Vec<ScopeId> = self
                .scopes
                .iter()
                .filter(|(id, scope)| !scope.over && !self.is_suspended(**id))
                .map(|(id, _)| *id)
                .collect();
            for scope in &live {
                self.report_parallel(*scope);
                self.cancel_what_is_due(*scope);
            }
            for scope in &live {
                let (now, due) = (self.now, self.due(*scope, Due::Possibly));
                if !due.is_empty() {
                    self.scope_mut(*scope).was_due.get_or_insert((due, now, false));
                }
            }
            for scope in &live {
                let at_rest = self.is_at_rest(*scope);
                at_rest.map_err(|undone| format!("before time passed from {:?}, in {scope:?}: {undone}", self.now))?;
                self.give_last_turn(*scope);
            }
            // A deadline may fire without anything to be seen, where all hold.
            let deadlines = live.iter().filter_map(|scope| self.scope(*scope).deadline);
            self.now = deadlines
                .chain(self.instants())
                .filter(|deadline| *deadline > self.now)
                .fold(to, Duration::min);
            // What is due now may be seen before anything else happens.
            for scope in live {
                if !self.due(scope, Due::Possibly).is_empty() {
                    self.leave_body_alone(scope);
                }
            }
        }
        Ok(())
    }

    /// When a timeout expires, or a grace ends: what has to be done then is looked at before more time passes.
    fn instants(&self) -> Vec<Duration> {
        let mut instants = Vec::new();
        let live = self.actors.values().filter(|actor| actor.is_alive());
        for actor in live {
            let scope = self.scope(actor.scope);
            let timeouts = || {
                actor.frames.iter().filter_map(|frame| match frame {
                    Frame::Timeout(timeout) => Some(timeout),
                    Frame::Shield => None,
                })
            };
            instants.extend(timeouts().map(|timeout| timeout.until));
            let Some(grace) = scope.grace else { continue };
            let cut = scope.cut.iter().map(|cut| cut.at);
            let alone = actor.alone.iter().map(|(_, since)| *since);
            for since in cut.chain(alone).chain(timeouts().filter_map(|timeout| timeout.fired)) {
                instants.extend([since + grace, since + 2 * grace]);
            }
        }
        instants
    }

    /// A body that is the last one left, and still there, has had its last turn and holds.
    fn give_last_turn(&mut self, id: ScopeId) {
        let scope = self.scope(id);
        let others = self.has_others(scope);
        if scope.cut.is_some() && !others {
            self.scope_mut(id).last_turn = LastTurn::Yes;
        }
    }

    fn is_at_rest(&self, id: ScopeId) -> Rule {
        let scope = self.scope(id);
        for actor in scope.doomed() {
            self.waits(actor).map_err(|undone| format!("{actor:?} {undone}"))?;
        }
        let left = |ordinary: bool| {
            let mut others = scope.doomed().map(|actor| self.actor(actor));
            others.any(|actor| actor.exists() && actor.role != Role::Finalizer && actor.is_ordinary() == ordinary)
        };
        if left(true) || left(false) {
            return Ok(());
        }
        let finalizing = scope
            .finalizers
            .iter()
            .any(|finalizer| self.actor(*finalizer).life == Life::Live);
        let stuck = scope.kind == Kind::Join
            && !scope.value
            && scope.panics.is_empty()
            && scope
                .cut
                .as_ref()
                .is_some_and(|cut| cut.reasons.contains(&CancelReason::Parent));
        let around = || scope.link.and_then(|link| self.hears_at(link)).is_some();
        let stuck = stuck && (self.was_moved(id) != Maybe::Yes || around());
        let runs = self.outliving(id, Due::Possibly);
        ensure!(
            finalizing || stuck || runs,
            "no member is left, and it has not resolved"
        );
        Ok(())
    }

    fn waits(&self, id: ActorId) -> Rule {
        let actor = self.actor(id);
        ensure!(!matches!(actor.life, Life::Ended(_)), "has ended and was not dropped");
        if !actor.is_alive() {
            return Ok(());
        }
        if let Some(until) = actor.blocks {
            ensure!(until > self.now, "runs again at {until:?}");
            return Ok(());
        }
        let scope = self.scope(actor.scope);
        let blocks = |other: ActorId| self.actor(other).blocks.is_some();
        // Whether finalizers run beside a closure that keeps its thread for longer than the grace the contract does not say.
        if actor.role == Role::Finalizer && actor.life == Life::Unstarted && scope.doomed().any(blocks) {
            return Ok(());
        }
        ensure!(
            !self.is_condemned(id, Due::Certainly),
            "was cancelled for {:?} and not dropped",
            self.hears(id)
        );
        if actor.life == Life::Unstarted {
            if actor.role == Role::Finalizer {
                return Ok(());
            }
            // It is left to a scope around whose deadline has passed too, and that nothing may poll.
            if id == scope.body && !self.due(actor.scope, Due::Possibly).is_empty() {
                return Ok(());
            }
            let full = scope.limit.is_some_and(|limit| self.places_taken(actor.scope) >= limit);
            ensure!(id != scope.body && full && !actor.admitted, "has never been polled");
            return Ok(());
        }
        ensure!(!actor.woken, "was woken and not polled");
        self.timeouts_rest(id)?;
        match actor.wait {
            // A timeout that had no time left polled nothing.
            None if matches!(actor.frames.last(), Some(Frame::Timeout(timeout)) if timeout.owned) => Ok(()),
            None => Err("waits for nothing".into()),
            Some(Wait::Yield) => Err("has yielded, and was not polled again".into()),
            Some(Wait::Checkpoint) => {
                ensure!(self.hears(id).is_some(), "is at a checkpoint, and was not polled again");
                Ok(())
            }
            Some(Wait::Until(at)) => {
                ensure!(at > self.now, "sleeps until {at:?}");
                Ok(())
            }
            Some(Wait::Forever) => Ok(()),
            Some(Wait::Task(child)) => self.waits_for_task(id, child),
            Some(Wait::Scope(nested) | Wait::Polls(nested) | Wait::PollsLent(nested) | Wait::Expiry(nested)) => {
                // It may not have begun, where no time is left for it.
                let over = self.scopes.get(&nested).is_some_and(|nested| nested.over);
                ensure!(!over, "awaits {nested:?}, which is over");
                Ok(())
            }
            Some(Wait::Group(group)) => self.group_rests(group),
            Some(Wait::Permit) => {
                let full = scope.limit.is_some_and(|limit| self.places_taken(actor.scope) >= limit);
                ensure!(full && scope.cut.is_none(), "waits for a permit, and there is one");
                Ok(())
            }
            Some(Wait::Ready(child)) => {
                ensure!(
                    !self.has_begun(id, child),
                    "waits until {child:?} is ready, which it is"
                );
                Ok(())
            }
            Some(Wait::Token(token)) => {
                let hears = self.hears_token(token);
                ensure!(hears.is_none(), "waits for a token that has fired: {hears:?}");
                Ok(())
            }
            Some(Wait::Cancelled) => {
                ensure!(
                    self.hears(id).is_none(),
                    "waits for a cancellation that has come: {:?}",
                    self.hears(id)
                );
                Ok(())
            }
        }
    }

    fn waits_for_task(&self, id: ActorId, child: ActorId) -> Rule {
        let scope = self.scope(self.actor(id).scope);
        let resolved = match self.actor(child).fate {
            None => false,
            Some(Fate::Returned) => true,
            // A task without a value stays pending while its scope is being cancelled, and panics else.
            Some(_) => scope.kind == Kind::Settled || scope.cut.is_none(),
        };
        ensure!(!resolved, "awaits the task of {child:?}, which has resolved");
        Ok(())
    }
}
