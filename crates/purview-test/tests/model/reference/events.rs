//! One event after the other: whether it may happen, and what follows from it.

use std::time::Duration;

use purview_core::CancelReason;

use super::{
    Dropped, Model, Rule,
    cancel::Due,
    ensure,
    state::{Actor, Fate, LastTurn, Life, Role, Scope},
};
use crate::{
    program::{ActorId, End, Place, ScopeId},
    trace::{Event, How, Origin, Seen, Wait},
};

impl Model<'_> {
    pub(super) fn follow(&mut self, event: &Event) -> Rule {
        match event {
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
        reasons.extend(around.and_then(|owner| self.hears(owner)).map(|_| CancelReason::Parent));
        if !reasons.is_empty() {
            self.cut(id, reasons);
        }
    }

    fn spawns(&mut self, child: ActorId, scope: ScopeId, place: Place) {
        let mut actor = Actor::new(self.scripts[&child], scope, Role::Child(place));
        self.scope_mut(scope).parallel |= place == Place::Parallel;
        let known = self.scope(scope);
        let cut = known.cut.is_some() || known.over || !self.due(scope, Due::Possibly).is_empty();
        let owner = known.owner.map(Dropped::Actor);
        let dropped = |what: &Dropped| *what == Dropped::Scope(scope) || Some(*what) == owner;
        actor.late = cut || self.dropping.iter().any(dropped);
        self.actors.insert(child, actor);
        self.scope_mut(scope).children.push(child);
    }

    fn polled(&mut self, id: ActorId) -> Rule {
        let actor = self.actor(id);
        let scope_id = actor.scope;
        ensure!(actor.is_alive(), "it is {:?}", actor.life);
        let last = actor.is_daemon() && self.only_daemons_are_left(scope_id);
        let stopped = last || actor.was_last.is_some();
        // One that is cancelled is looked at when somebody inside it, on another thread, has let go.
        let looked_at = self.is_stopped(id) && self.nested(id).is_some_and(|nested| self.scope(nested).parallel);
        ensure!(
            actor.woken || actor.nudged || stopped || looked_at || actor.is_parallel(),
            "nobody woke it"
        );
        ensure!(!self.scope(scope_id).over, "its scope is over");
        let around = if actor.is_parallel() {
            None
        } else {
            self.scope(scope_id).owner
        };
        ensure!(
            self.polling.last().copied() == around,
            "its scope is not the one being polled: {:?}",
            self.polling
        );
        let maybe = matches!(self.scope(scope_id).last_turn, LastTurn::Maybe(_)) && id == self.scope(scope_id).body;
        // Who was woken at the very instant at which the grace ends may come first.
        let condemned = self.is_stopped(id) && !self.holds(id) && !self.waits_in_vain(id);
        // The executor polls on until the scope has had its turn, which is not later than this instant.
        let elsewhere = self.actor(id).is_parallel();
        ensure!(
            maybe || elsewhere || !condemned,
            "it was cancelled, for {:?}",
            self.hears(id)
        );
        self.nobody_lingers(scope_id)?;
        if self.actor(id).life == Life::Unstarted {
            self.may_start(id)?;
        }
        let scope = self.scope(scope_id);
        let others = scope.children.iter().any(|child| self.actor(*child).exists());
        if id == scope.body && !others {
            let turn = match scope.cut {
                None if self.due(scope_id, Due::Possibly).is_empty() => LastTurn::No,
                Some(_) if scope.unreported.is_empty() => LastTurn::Yes,
                _ => LastTurn::Maybe(self.now),
            };
            self.scope_mut(scope_id).last_turn = turn;
        }
        if last {
            for daemon in self.scope(scope_id).children.clone() {
                let now = self.now;
                self.actor_mut(daemon).was_last.get_or_insert(now);
            }
        }
        let actor = self.actor_mut(id);
        actor.life = Life::Live;
        (actor.woken, actor.nudged) = (false, false);
        self.polling.push(id);
        Ok(())
    }

    /// A child that has ended is freed before anybody else gets a turn.
    fn nobody_lingers(&self, scope: ScopeId) -> Rule {
        for actor in self.scope(scope).doomed() {
            ensure!(
                !matches!(self.actor(actor).life, Life::Ended(_)),
                "{actor:?} has ended and was not dropped"
            );
        }
        Ok(())
    }

    fn may_start(&self, id: ActorId) -> Rule {
        let actor = self.actor(id);
        let scope = self.scope(actor.scope);
        if actor.role == Role::Finalizer {
            let next = scope
                .finalizers
                .iter()
                .rev()
                .find(|finalizer| self.actor(**finalizer).exists());
            ensure!(next == Some(&id), "{next:?} was deferred last");
            for other in std::iter::once(&scope.body).chain(&scope.children) {
                ensure!(!self.actor(*other).exists(), "{other:?} is still there");
            }
            return Ok(());
        }
        let elsewhere = actor.is_parallel();
        ensure!(
            scope.cut.is_none() || elsewhere || self.is_spared(id),
            "its scope is cancelled"
        );
        if id == scope.body {
            return Ok(());
        }
        let started = scope
            .children
            .iter()
            .filter(|child| self.actor(**child).life == Life::Live)
            .count();
        ensure!(
            scope.limit.is_none_or(|limit| started < limit),
            "{started} have started already"
        );
        let earlier = scope.children.iter().take_while(|child| **child != id);
        for earlier in earlier.filter(|_| !actor.is_parallel()) {
            let waits = self.actor(*earlier).life == Life::Unstarted && !self.actor(*earlier).is_parallel();
            ensure!(!waits, "{earlier:?} was spawned earlier and has not started");
        }
        Ok(())
    }

    fn ended(&mut self, id: ActorId, how: How) -> Rule {
        ensure!(self.polling.pop() == Some(id), "somebody else was being polled");
        let actor = self.actor(id);
        let by_script = match how {
            How::Returned => actor.end == End::Return,
            How::Failed => actor.end == End::Fail,
            How::Panicked(Origin::Script(script)) => actor.end == End::Panic && script == id,
            How::Panicked(Origin::NoTaskValue) => {
                let Some(Wait::Task(child)) = actor.wait else {
                    return Err("it awaits no task".into());
                };
                let cancelled = self.actor(child).alone.is_some();
                ensure!(
                    cancelled && self.actor(child).fate != Some(Fate::Returned),
                    "the task will have a value"
                );
                true
            }
            // Whoever spawns on a cancelled scope drops the future.
            How::Panicked(Origin::Destructor(child)) => self.actors.get(&child).is_some_and(|child| child.late),
            How::Panicked(_) => false,
        };
        ensure!(by_script, "its script ends otherwise");
        self.actor_mut(id).life = Life::Ended(how);
        Ok(())
    }

    fn is_dropped(&mut self, id: ActorId) -> Rule {
        let actor = self.actor(id);
        ensure!(actor.exists(), "it has been dropped already");
        let scope_id = actor.scope;
        let scope = self.scope(scope_id);
        let around = self.dropping.last().copied();
        let by_owner = scope.owner.map(Dropped::Actor);
        if around.is_some() && (around == Some(Dropped::Scope(scope_id)) || around == by_owner) {
            self.in_order(id, |_| true)?;
        } else if actor.is_alive() {
            let refused = self.actor(id).late && around.is_some();
            ensure!(
                around.is_none() || refused || self.is_condemned(id),
                "it is dropped inside {around:?}"
            );
            let explained = refused || self.explain(id, &|model: &Self| model.is_condemned(id));
            ensure!(explained, "there is no reason to drop it: {:?}", self.actor(id).role);
            let actor = self.actor(id);
            if actor.alone.is_none() && !actor.late && actor.was_last.is_none() && !actor.held {
                self.in_order(id, |other| self.is_condemned(other) && !self.actor(other).held)?;
            }
        }
        self.dropping.push(Dropped::Actor(id));
        Ok(())
    }

    /// The body is dropped first, then the newest child, the oldest last.
    fn in_order(&self, id: ActorId, counts: impl Fn(ActorId) -> bool) -> Rule {
        let scope = self.scope(self.actor(id).scope);
        for earlier in scope.doomed().take_while(|other| *other != id) {
            let actor = self.actor(earlier);
            let comes_first = actor.is_alive() && !actor.late && actor.alone.is_none() && counts(earlier);
            ensure!(!comes_first, "{earlier:?} comes first");
        }
        Ok(())
    }

    fn was_dropped(&mut self, id: ActorId, panic: Option<Origin>) -> Rule {
        let dropping = self.dropping.pop();
        ensure!(
            dropping == Some(Dropped::Actor(id)),
            "what was being dropped is {dropping:?}"
        );
        // A scope that is dropped keeps the panics of those in it to itself.
        let expected = self.actor(id).bomb.then_some(Origin::Destructor(id));
        ensure!(panic == expected, "its destructor must panic with {expected:?}");
        let refused = self.actor(id).late
            && self
                .polling
                .last()
                .is_some_and(|by| self.actor(*by).scope == self.actor(id).scope);
        // Whoever spawns on a cancelled scope drops the future, and has the panic.
        let panic = panic.filter(|_| !refused);
        let fate = match (self.actor(id).life, panic) {
            (Life::Ended(How::Panicked(origin)), _) | (_, Some(origin)) => Fate::Panicked(origin),
            (Life::Ended(How::Returned), None) => Fate::Returned,
            (Life::Ended(How::Failed), None) => Fate::Failed,
            (_, None) => Fate::Cancelled,
        };
        if let Some(nested) = self.nested(id) {
            self.scope_mut(nested).over = true;
        }
        let actor = self.actor_mut(id);
        (actor.life, actor.fate) = (Life::Gone, Some(fate));
        self.leave_body_alone(self.actor(id).scope);
        if self.actor(id).is_parallel() && self.polling.is_empty() && self.dropping.is_empty() {
            let scope = self.actor(id).scope;
            self.scope_mut(scope).unreported.push((id, fate));
        } else {
            self.report(id, fate);
        }
        Ok(())
    }

    /// A body that holds when the last of the others goes may be given its last turn there and then, and has it without
    /// being polled if nobody woke it.
    fn leave_body_alone(&mut self, id: ScopeId) {
        let (now, scope) = (self.now, self.scope(id));
        let others = scope.children.iter().any(|child| self.actor(*child).exists());
        if !others && scope.last_turn == LastTurn::No && self.holds(scope.body) {
            self.scope_mut(id).last_turn = LastTurn::Maybe(now);
        }
    }

    fn scope_was_dropped(&mut self, id: ScopeId, panic: Option<Origin>) -> Rule {
        let dropping = self.dropping.pop();
        ensure!(
            dropping == Some(Dropped::Scope(id)),
            "what was being dropped is {dropping:?}"
        );
        ensure!(panic.is_none(), "dropping a scope does not panic");
        for actor in self.scope(id).doomed() {
            ensure!(!self.actor(actor).exists(), "{actor:?} has not been dropped");
        }
        self.scope_mut(id).over = true;
        Ok(())
    }

    fn goes_on(&mut self, id: ActorId) -> Rule {
        let wait = self.actor(id).wait;
        let goes_on = match wait {
            Some(Wait::Yield | Wait::Checkpoint) => true,
            Some(Wait::Until(at)) => self.now >= at,
            Some(Wait::Task(child)) => self.actor(child).fate.is_some(),
            Some(Wait::Scope(scope)) => self.scope(scope).over,
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
