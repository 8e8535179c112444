//! One event after the other: whether it may happen, and what follows from it.

use std::time::Duration;

use purview_core::CancelReason;

use super::{
    Dropped, Model, Rule,
    cancel::Due,
    ensure,
    state::{Actor, Role, Scope},
};
use crate::{
    program::{ActorId, Place, ScopeId},
    trace::{Event, Seen, Wait},
};

impl Model<'_> {
    pub(super) fn follow(&mut self, event: &Event) -> Rule {
        if let Some(followed) = self.follow_member(event) {
            return followed;
        }
        match event {
            Event::ScopesYieldEarly => self.yields_early = true,
            Event::GroupStarts { group, owner } => self.group_starts(*group, *owner),
            Event::ShutsDown(group) => self.shuts_down(*group),
            Event::GroupEnds(group, told) => return self.group_ends(*group, told),
            Event::GroupIsDropped(group) => self.dropping.push(Dropped::Group(*group)),
            Event::GroupWasDropped(group) => {
                let dropping = self.dropping.pop();
                ensure!(
                    dropping == Some(Dropped::Group(*group)),
                    "what was being dropped is {dropping:?}"
                );
                return self.group_is_gone(*group);
            }
            Event::ScopeStarts { scope, owner } => self.scope_starts(*scope, *owner),
            Event::ScopeEnds(scope, outcome) => {
                self.report_parallel(*scope);
                self.resolves(*scope, outcome)?;
                self.scope_mut(*scope).over = true;
            }
            Event::ScopeIsDropped(scope) => {
                self.cut(*scope, vec![CancelReason::Ended]);
                self.dropping.push(Dropped::Scope(*scope));
            }
            Event::ScopeWasDropped(scope, panic) => return self.scope_was_dropped(*scope, *panic),
            Event::Spawns { child, scope, place } => self.spawns(*child, *scope, *place),
            Event::Defers { finalizer, scope } => {
                let actor = Actor::new(self.scripts[finalizer], *scope, Role::Finalizer);
                self.actors.insert(*finalizer, actor);
                self.scope_mut(*scope).finalizers.push(*finalizer);
            }
            Event::Polled(actor) => return self.polled(*actor),
            Event::Pends(actor) => {
                ensure!(self.polling.pop() == Some(*actor), "somebody else was being polled");
            }
            Event::Ended(actor, how) => return self.ended(*actor, *how),
            Event::Woken(actor) => self.actor_mut(*actor).woken = true,
            // The scope heeds it all the same.
            Event::WokenLate(actor) if !self.actor(*actor).is_parallel() => self.actor_mut(*actor).woken = true,
            Event::WokenLate(actor) => self.actor_mut(*actor).nudged = true,
            Event::IsDropped(actor) => return self.is_dropped(*actor),
            Event::WasDropped(actor, panic) => return self.was_dropped(*actor, *panic),
            Event::Waits(actor, wait) => self.actor_mut(*actor).wait = Some(*wait),
            Event::GoesOn(actor) => return self.goes_on(*actor),
            Event::Joined(actor, seen) => return self.joins(*actor, seen),
            Event::Hears(actor, reason) => {
                let token = self.actor(*actor).last_wait == Some(Wait::Token);
                let reasons = if token {
                    self.hears_token(*actor).cloned().unwrap_or_default()
                } else {
                    self.may_hear(*actor)
                };
                ensure!(reasons.contains(reason), "it must be one of {reasons:?}");
            }
            Event::CancelsTask(child) => self.cancels_task(*child),
            Event::CancelsScope(scope) => self.cut(*scope, vec![CancelReason::Requested(None)]),
            Event::SetsDeadline(scope, deadline, taken) => return self.sets_deadline(*scope, *deadline, *taken),
            Event::CancelsToken(token) => self.cancels_token(*token),
            Event::SpawnsOnPermit { child, scope } => self.spawns_on_permit(*child, *scope),
            Event::Starts { child, scope } => {
                self.spawns(*child, *scope, Place::Here);
                self.actor_mut(*child).unready = true;
            }
            Event::SetsReady(actor) => self.actor_mut(*actor).unready = false,
            Event::Started(actor, begun) => return self.started(*actor, begun),
            Event::EntersShield(actor) => self.actor_mut(*actor).shields += 1,
            Event::LeavesShield(actor) => self.actor_mut(*actor).shields -= 1,
        }
        Ok(())
    }

    fn scope_starts(&mut self, id: ScopeId, owner: Option<ActorId>) {
        let spec = self.specs[&id];
        let shielded = owner.is_some_and(|owner| self.actor(owner).shields > 0);
        self.actors.insert(spec.body.id, Actor::new(&spec.body, id, Role::Body));
        self.scopes.insert(id, Scope::new(spec, owner, shielded, self.now));
        // A scope that begins too late polls nobody.
        let expired = spec.timeout.is_some_and(|timeout| timeout.is_zero());
        let around = owner.filter(|owner| !shielded && self.actor(*owner).role != Role::Finalizer);
        let mut reasons = Vec::new();
        reasons.extend(expired.then_some(CancelReason::DeadlineExceeded));
        let token = spec.cancel_on.filter(|token| self.fired.contains(token));
        reasons.extend(token.map(|_| CancelReason::Requested(None)));
        reasons.extend(around.and_then(|owner| self.hears(owner)).map(|_| CancelReason::Parent));
        if !reasons.is_empty() {
            self.cut(id, reasons);
        }
    }

    pub(super) fn spawns(&mut self, child: ActorId, scope: ScopeId, place: Place) {
        let mut actor = Actor::new(self.scripts[&child], scope, Role::Child(place));
        self.scope_mut(scope).parallel |= actor.is_parallel();
        let known = self.scope(scope);
        let cut = known.cut.is_some() || known.over || !self.due(scope, Due::Possibly).is_empty();
        let owner = known.owner.map(Dropped::Actor);
        let dropped = |what: &Dropped| *what == Dropped::Scope(scope) || Some(*what) == owner;
        actor.late = cut || self.dropping.iter().any(dropped);
        self.actors.insert(child, actor);
        self.scope_mut(scope).children.push(child);
    }

    fn goes_on(&mut self, id: ActorId) -> Rule {
        let wait = self.actor(id).wait;
        let goes_on = match wait {
            Some(Wait::Yield | Wait::Checkpoint) => true,
            Some(Wait::Until(at)) => self.now >= at,
            Some(Wait::Task(child)) => self.actor(child).fate.is_some(),
            Some(Wait::Scope(scope)) => self.scope(scope).over,
            Some(Wait::Group(group)) => self.running[&group].over,
            Some(Wait::Permit) => self.gets_permit(id),
            Some(Wait::Ready(child)) => self.has_begun(id, child),
            Some(Wait::Token) => self.explain(id, &|model: &Self| model.hears_token(id).is_some()),
            Some(Wait::Cancelled) => self.explain(id, &|model: &Self| model.hears(id).is_some()),
            Some(Wait::Forever) | None => false,
        };
        let actor = self.actor_mut(id);
        (actor.wait, actor.last_wait) = (None, wait);
        ensure!(goes_on, "what it waited for has not come: {wait:?}");
        Ok(())
    }

    fn joins(&mut self, id: ActorId, seen: &Seen) -> Rule {
        let Some(Wait::Task(child)) = self.actor(id).last_wait else {
            return Err("it awaited no task".into());
        };
        self.joined(child, seen)?;
        self.actor_mut(child).claimed = true;
        Ok(())
    }

    fn sets_deadline(&mut self, id: ScopeId, deadline: Option<Duration>, taken: bool) -> Rule {
        if taken {
            ensure!(self.scope(id).cut.is_none(), "the scope is cancelled");
            self.scope_mut(id).deadline = deadline;
        } else {
            let body = self.scope(id).body;
            let cancelled = self.explain(body, &|model: &Self| model.scope(id).cut.is_some());
            ensure!(cancelled || self.scope(id).over, "the scope is not cancelled");
        }
        Ok(())
    }

    fn cancels_task(&mut self, child: ActorId) {
        let now = self.now;
        let actor = self.actor_mut(child);
        if actor.is_alive() && actor.alone.is_none() {
            actor.alone = Some((vec![CancelReason::Requested(None)], now));
            actor.nudged = true;
            self.cut_inside(child);
        }
    }
}
