//! One event after the other: whether it may happen, and what follows from it.

use std::time::Duration;

use purview_core::CancelReason;

use super::{
    Dropped, Model, Rule,
    cancel::Due,
    ensure,
    state::{Actor, Frame, Maybe, Role, Scope},
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
                return self.group_is_dropped(*group);
            }
            Event::ScopeStarts(scope) => self.scope_starts(*scope),
            Event::Drives(scope) => return self.drives(*scope),
            Event::IsLeft(scope) => self.is_left(*scope),
            Event::IsOwned(scope) => self.is_owned(*scope),
            Event::ScopeEnds(scope, outcome) => {
                self.report_parallel(*scope);
                self.resolves(*scope, outcome)?;
                self.scope_mut(*scope).over = true;
            }
            Event::ScopeIsDropped(scope) => {
                self.future_is_dropped(Some(*scope));
                self.dropping.push(Dropped::Scope(*scope));
            }
            Event::ScopeWasDropped(scope, panic) => return self.scope_was_dropped(*scope, *panic),
            Event::Spawns { child, scope, place } => self.spawns(*child, *scope, *place),
            Event::Defers { finalizer, scope } => {
                let mut actor = Actor::new(self.scripts[finalizer], *scope, Role::Finalizer);
                actor.late = self.scope(*scope).over;
                self.actors.insert(*finalizer, actor);
                self.scope_mut(*scope).finalizers.push(*finalizer);
            }
            Event::Polled(actor) => return self.polled(*actor),
            Event::Pends(actor) => {
                ensure!(self.polling.pop() == Some(*actor), "another actor was being polled");
                self.was_polled(*actor, false);
            }
            Event::Ended(actor, how) => return self.ended(*actor, *how),
            Event::Woken(actor) => self.is_woken(*actor),
            // The scope heeds it all the same.
            Event::WokenLate(actor) if !self.actor(*actor).is_parallel() => self.is_woken(*actor),
            Event::WokenLate(actor) => self.actor_mut(*actor).nudged = true,
            Event::IsDropped(actor) => return self.is_dropped(*actor),
            Event::WasDropped(actor, panic) => return self.was_dropped(*actor, *panic),
            Event::Waits(actor, wait) => self.actor_mut(*actor).wait = Some(*wait),
            Event::GoesOn(actor) => return self.goes_on(*actor),
            Event::Joined(actor, seen) => return self.joins(*actor, seen),
            Event::Hears(actor, reason) => {
                let reasons = match self.actor(*actor).last_wait {
                    Some(Wait::Token(token)) => self.hears_token(token).unwrap_or_default(),
                    _ => self.may_hear(*actor),
                };
                ensure!(reasons.contains(reason), "it must be one of {reasons:?}");
            }
            Event::CancelsTask(child) => self.cancels_task(*child),
            Event::CancelsScope(scope) => self.cut(*scope, vec![CancelReason::Requested(None)], Maybe::No),
            Event::SetsDeadline(scope, deadline, taken) => return self.sets_deadline(*scope, *deadline, *taken),
            Event::CancelsToken(token) => self.cancels_token(*token),
            Event::SpawnsOnPermit { child, scope } => self.spawns_on_permit(*child, *scope),
            Event::Starts { child, scope } => {
                self.spawns(*child, *scope, Place::Here);
                self.actor_mut(*child).unready = true;
            }
            Event::SetsReady(actor) => self.actor_mut(*actor).unready = false,
            Event::Started(actor, begun) => return self.started(*actor, begun),
            Event::EntersShield(actor) => self.actor_mut(*actor).frames.push(Frame::Shield),
            Event::LeavesShield(actor) => {
                let frame = self.leaves_frame(*actor);
                ensure!(matches!(frame, Some(Frame::Shield)), "it leaves {frame:?}");
            }
            Event::EntersTimeout { actor, until, owned } => self.enters_timeout(*actor, *until, *owned),
            Event::InsideEnds(actor) => return self.inside_ends(*actor),
            Event::InsideIsDropped(actor, around) => return self.inside_is_dropped(*actor, *around),
            Event::InsideWasDropped(actor, around, panic) => return self.inside_was_dropped(*actor, *around, *panic),
            Event::LeavesTimeout(actor, expired) => return self.leaves_timeout(*actor, *expired),
            Event::Blocks(actor, until) => return self.blocks(*actor, *until),
            Event::GoesOnRunning(actor) => return self.goes_on_running(*actor),
            Event::SeesDeadline(actor, deadline) => return self.sees_deadline(*actor, *deadline),
        }
        Ok(())
    }

    fn scope_starts(&mut self, id: ScopeId) {
        let spec = self.specs[&id];
        self.actors.insert(spec.body.id, Actor::new(&spec.body, id, Role::Body));
        self.scopes.insert(id, Scope::new(spec, self.now));
        // A scope that begins too late polls none of its members.
        let may_be_left = |owner: &ActorId| self.may_be_left(*owner, self.actor(*owner).frames.len(), self.now);
        let is_left = self.polling.last().is_some_and(may_be_left);
        let expired = spec.timeout.is_some_and(|timeout| timeout.is_zero()) && !is_left;
        let mut reasons = Vec::new();
        reasons.extend(expired.then_some(CancelReason::DeadlineExceeded));
        let token = spec.cancel_on.filter(|token| self.fired.contains(token));
        reasons.extend(token.map(|_| CancelReason::Requested(None)));
        if !reasons.is_empty() {
            self.cut(id, reasons, Maybe::Yes);
        }
    }

    pub(super) fn spawns(&mut self, child: ActorId, scope: ScopeId, place: Place) {
        let mut actor = Actor::new(self.scripts[&child], scope, Role::Child(place));
        self.scope_mut(scope).parallel |= actor.is_parallel();
        let known = self.scope(scope);
        let cut = known.cut.is_some() || known.over || !self.due(scope, Due::Possibly).is_empty();
        actor.late = cut || self.dropping.iter().any(|what| self.has_the_future_of(*what, scope));
        self.actors.insert(child, actor);
        self.scope_mut(scope).children.push(child);
    }

    fn goes_on(&mut self, id: ActorId) -> Rule {
        let wait = self.actor(id).wait;
        let goes_on = match wait {
            // How often a scope was polled, and whether a timeout is over, is not followed here.
            Some(Wait::Yield | Wait::Checkpoint | Wait::Polls(_) | Wait::PollsLent(_) | Wait::Expiry(_)) => true,
            Some(Wait::Until(at)) => self.now >= at,
            Some(Wait::Task(child)) => self.actor(child).fate.is_some(),
            Some(Wait::Scope(scope)) => self.scope(scope).over,
            Some(Wait::Group(group)) => self.running[&group].over,
            Some(Wait::Permit) => self.gets_permit(id),
            Some(Wait::Ready(child)) => self.has_begun(id, child),
            Some(Wait::Token(token)) => {
                self.explain_scope(token);
                self.hears_token(token).is_some()
            }
            Some(Wait::Cancelled) => self.explain(id, &|model: &Self| model.hears(id).is_some()),
            Some(Wait::Forever) | None => false,
        };
        let actor = self.actor_mut(id);
        (actor.wait, actor.last_wait, actor.told) = (None, wait, false);
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
            self.note_what_is_due(id);
            self.scope_mut(id).deadline = deadline;
            self.scope_mut(id).was_due = None;
        } else {
            self.explain_scope(id);
            let scope = self.scope(id);
            ensure!(scope.cut.is_some() || scope.over, "the scope is not cancelled");
        }
        Ok(())
    }

    fn cancels_task(&mut self, child: ActorId) {
        let (now, step) = (self.now, self.step);
        let actor = self.actor_mut(child);
        if actor.is_alive() && actor.alone.is_none() {
            actor.alone = Some((vec![CancelReason::Requested(None)], now));
            actor.nudge(step);
            self.cut_inside(child, 0);
        }
    }
}
