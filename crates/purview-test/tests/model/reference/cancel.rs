//! Which actors hold, which are cancelled, and for what reason.

use std::{iter, time::Duration};

use purview_core::CancelReason;

use super::{
    Model,
    holds::Against,
    state::{Cut, Fate, Life, Link, Maybe, Role, Scope},
};
use crate::{
    features::{Feature, on},
    program::{ActorId, Kind, ScopeId},
    trace::Wait,
};

/// How certain it is that a cancellation that no actor asked for has come, or when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Possibly,
    Certainly,
}

impl Due {
    pub(super) fn other(self) -> Self {
        match self {
            Due::Possibly => Due::Certainly,
            Due::Certainly => Due::Possibly,
        }
    }
}

impl Model<'_> {
    pub(super) fn cut(&mut self, id: ScopeId, mut reasons: Vec<CancelReason>, by_others: Maybe) {
        let now = self.now;
        let scope = self.scope(id);
        if scope.over {
            return;
        }
        let by_others = self.if_under_way(id, by_others);
        if let Some(cut) = &mut self.scope_mut(id).cut {
            // Which of them stopped those that held is not certain.
            if cut.by_others == Maybe::No && by_others != Maybe::No {
                cut.by_others = Maybe::Perhaps;
            }
            return;
        }
        // What else may have come first at this very instant.
        let else_due = self.due(id, Due::Possibly);
        let differs = |reason: &CancelReason| is_by_others(reason) != (by_others == Maybe::Yes);
        let by_others = if else_due.iter().any(differs) {
            Maybe::Perhaps
        } else {
            by_others
        };
        reasons.extend(else_due);
        let told = reasons.contains(&CancelReason::Parent);
        let was_due = self.scope(id).was_due.as_ref();
        // Inside a finalizer it is not certain whether its deadline counts: it may have done so as soon as it had passed.
        let expired = reasons.contains(&CancelReason::DeadlineExceeded);
        let deadline = self.scope(id).deadline.filter(|_| expired).unwrap_or(now);
        let since = was_due.map_or(now, |(_, since, _)| *since).min(deadline);
        let moved = if was_due.is_some_and(|(.., moved)| *moved) {
            Maybe::Perhaps
        } else {
            Maybe::No
        };
        self.scope_mut(id).cut = Some(Cut {
            reasons,
            at: now,
            since,
            by_others,
            moved,
        });
        let actors: Vec<ActorId> = self.scope(id).doomed().collect();
        for actor in actors {
            let token = match self.actor(actor).wait {
                // The cancellation of that scope stops at a shield, and what is inside it is no wait that counts there.
                Some(Wait::Token(token)) if token != id => {
                    self.scope(token).cut.is_some() && self.reaches(actor, Some(token), Against::Scope(token))
                }
                _ => false,
            };
            // What was told before it came here is not certain to hold.
            let told = told && token && !self.moving && !self.has_moved(id);
            self.actor_mut(actor).told |= told;
            self.actor_mut(actor).held = self.holds(actor, Due::Possibly);
            self.cut_inside(actor, 0);
        }
        self.leave_body_alone(id);
    }

    /// Whether it, or a scope around it, is polled elsewhere since this very instant.
    fn has_moved(&self, id: ScopeId) -> bool {
        let around = |id: &ScopeId| Some(self.actor(self.scope(*id).link?.owner).scope);
        iter::successors(Some(id), around).any(|id| self.scope(id).moved_at == Some(self.now))
    }

    /// Something else than the scope stops only what is under way: ordinary children. Of a body that returns after that
    /// the contract does not say.
    fn if_under_way(&self, id: ScopeId, by_others: Maybe) -> Maybe {
        let scope = self.scope(id);
        let ordinary = |actor: &ActorId| self.actor(*actor).is_ordinary();
        let actors: Vec<ActorId> = scope.doomed().filter(ordinary).collect();
        let unreported = |actor: &ActorId| scope.unreported.iter().any(|(ended, _)| ended == actor);
        let body_runs = by_others == Maybe::Yes && self.actor(scope.body).exists();
        // One that came late may have been refused.
        let refused = |actor: &ActorId| self.actor(*actor).late && self.actor(*actor).life == Life::Unstarted;
        let existing = || actors[1..].iter().filter(|actor| self.actor(**actor).exists());
        if by_others == Maybe::No || existing().any(|actor| !refused(actor)) {
            by_others
        } else if body_runs
            || existing().next().is_some()
            || actors.iter().any(unreported)
            || self.dropping.iter().any(|what| self.was_under_way(id, *what))
        {
            Maybe::Perhaps
        } else {
            Maybe::No
        }
    }

    fn was_under_way(&self, id: ScopeId, what: super::Dropped) -> bool {
        matches!(what, super::Dropped::Actor(actor) if self.actors.get(&actor).is_some_and(|actor| actor.scope == id))
    }

    /// The scopes that belong to an actor see its cancellation, or that of a timeout of it: those above its frame `from`,
    /// but for shields between.
    pub(super) fn cut_inside(&mut self, actor: ActorId, from: usize) {
        let reached = |(_, _, link): &(ScopeId, &Scope, Link)| link.depth >= from && self.is_reached(*link, from);
        let inside: Vec<ScopeId> = self.linked(actor).filter(reached).map(|(id, ..)| id).collect();
        for nested in inside {
            self.cut(nested, vec![CancelReason::Parent], Maybe::Yes);
        }
    }

    /// The reasons for which this scope must have been cancelled once this instant is over, or may have been already,
    /// without a request.
    pub(super) fn due(&self, id: ScopeId, when: Due) -> Vec<CancelReason> {
        let scope = self.scope(id);
        let mut due = Vec::new();
        // It is left to one that is not later, which nothing may look at.
        let is_left = |deadline: Duration| {
            let link = scope.link.filter(|link| !link.shielded);
            link.is_some_and(|link| link.ended || self.may_be_left(link.owner, link.depth, deadline))
        };
        let looked_at = |deadline| when == Due::Possibly || (!self.is_suspended(id) && !is_left(deadline));
        if scope
            .deadline
            .is_some_and(|deadline| deadline <= self.now && looked_at(deadline))
        {
            due.push(CancelReason::DeadlineExceeded);
        }
        let reports = when == Due::Possibly || !self.is_suspended(id);
        for (_, fate) in scope
            .unreported
            .iter()
            .filter(|_| reports && scope.kind != Kind::Settled)
        {
            match fate {
                Fate::Failed => due.push(CancelReason::Failed),
                Fate::Panicked(_) => due.push(CancelReason::Panicked),
                Fate::Returned | Fate::Cancelled => {}
            }
        }
        if let Some((was_due, ..)) = scope.was_due.as_ref().filter(|_| when == Due::Possibly) {
            due.extend(was_due.iter().cloned());
        }
        // A child on another thread that has ended is around until its scope has heard of that.
        let unheard = |link: &Link| when == Due::Possibly && self.is_unreported(link.owner);
        let around = scope.link.filter(|link| !link.ended || unheard(link)).map(|link| Link {
            ended: false,
            depth: link.depth.min(self.actor(link.owner).frames.len()),
            ..link
        });
        if around.is_some_and(|link| self.is_due_around(link, when)) {
            due.push(CancelReason::Parent);
        }
        due
    }

    /// Whether it has ended, and its scope has not been polled since.
    fn is_unreported(&self, id: ActorId) -> bool {
        let unreported = &self.scope(self.actor(id).scope).unreported;
        unreported.iter().any(|(ended, _)| *ended == id)
    }

    /// Whether what is around a scope is to be cancelled.
    fn is_due_around(&self, link: Link, when: Due) -> bool {
        let owner = self.actor(link.owner);
        if owner.role == Role::Finalizer {
            return false;
        }
        // No shield outlasts the grace of what is around it.
        if on(Feature::Finalizers) && self.grace_around(link, false, when) {
            return true;
        }
        if link.shielded || self.next_due(link.owner, link.depth, when).is_some() {
            return !link.shielded;
        }
        if !self.is_reached(link, 0) {
            return false;
        }
        let was_last = owner.was_last.is_some() && when == Due::Possibly;
        let last = owner.is_daemon() && (was_last || self.only_daemons_are_left(owner.scope));
        last || !self.due(owner.scope, when).is_empty()
    }

    /// Whether body and ordinary children have ended, which is when daemons are cancelled.
    pub(super) fn only_daemons_are_left(&self, id: ScopeId) -> bool {
        let ordinary = |id: ActorId| self.actor(id).is_ordinary() && self.actor(id).exists();
        !self.scope(id).doomed().any(ordinary)
    }

    /// Its daemons may have been cancelled now, even if one of them then spawns a child to wait for.
    pub(super) fn daemons_were_last(&mut self, id: ScopeId) {
        let now = self.now;
        for daemon in self.scope(id).children.clone() {
            self.actor_mut(daemon).was_last.get_or_insert(now);
        }
    }

    /// Daemons are cancelled when they are the last. Until then one of them can still spawn a child to wait for, so
    /// this is asked only where a cancellation was seen, or must have come. An actor of which it was not seen may have been
    /// spawned since; it is certain only once all actors wait.
    fn stop_daemons(&mut self, id: ScopeId, seen_of: Option<ActorId>) {
        let (now, step) = (self.now, self.step);
        for daemon in self.scope(id).children.clone() {
            let actor = self.actor_mut(daemon);
            if !actor.is_daemon() || !actor.is_alive() || actor.alone.is_some() {
                continue;
            }
            if seen_of.is_some_and(|seen| seen != daemon) && actor.life == Life::Unstarted {
                actor.was_last.get_or_insert(now);
                continue;
            }
            actor.alone = Some((vec![CancelReason::Ended], now));
            actor.nudge(step);
            self.cut_inside(daemon, 0);
        }
    }

    /// Lets the cancellations come that no actor asked for, now that all actors wait.
    pub(super) fn cancel_what_is_due(&mut self, id: ScopeId) {
        let actors: Vec<ActorId> = self.scope(id).doomed().collect();
        for actor in actors {
            self.fire_what_is_due(actor);
        }
        let due = self.due(id, Due::Certainly);
        if !due.is_empty() {
            let by_others = by_others(&due);
            self.cut(id, due, by_others);
        }
        if self.only_daemons_are_left(id) {
            self.stop_daemons(id, None);
        }
    }

    /// An actor was seen to be cancelled without a request: assumes the least that explains it.
    pub(super) fn explain(&mut self, id: ActorId, explained: &dyn Fn(&Self) -> bool) -> bool {
        while !explained(self) {
            let Some(index) = self.next_due(id, self.actor(id).frames.len(), Due::Possibly) else {
                break;
            };
            self.fire(id, index);
        }
        if self.explain_task(id, explained) {
            return true;
        }
        // It may be what is around that was cancelled, although its scope had a reason of its own.
        let mut scope = self.actor(id).scope;
        while let Some(link) = self.scope(scope).link.filter(|link| !link.ended) {
            scope = self.actor(link.owner).scope;
            self.explain_scope(scope);
            if explained(self) {
                return true;
            }
        }
        false
    }

    /// As `explain`, by what cancels the whole of the actor.
    fn explain_task(&mut self, id: ActorId, explained: &dyn Fn(&Self) -> bool) -> bool {
        let actor = self.actor(id);
        let (scope, is_daemon, was_last) = (actor.scope, actor.is_daemon(), actor.was_last);
        if !explained(self) && is_daemon {
            if self.only_daemons_are_left(scope) {
                self.stop_daemons(scope, Some(id));
            } else if let Some(since) = was_last {
                self.actor_mut(id).alone = Some((vec![CancelReason::Ended], since));
                self.cut_inside(id, 0);
            }
        }
        if !explained(self) {
            self.explain_scope(scope);
        }
        explained(self)
    }

    /// A scope was seen to be cancelled, if anything is due that cancels it.
    pub(super) fn explain_scope(&mut self, id: ScopeId) {
        let due = self.due(id, Due::Possibly);
        if due.is_empty() || self.scope(id).cut.is_some() {
            return;
        }
        if due.iter().all(|reason| *reason == CancelReason::Parent) {
            let link = self
                .scope(id)
                .link
                .expect("a scope without parent does not see its cancellation");
            // The end of a grace explains it without another cancellation.
            let told = |model: &Self| model.hears_at(link).is_some() || model.grace_around(link, false, Due::Possibly);
            while let Some(index) = self
                .next_due(link.owner, link.depth, Due::Possibly)
                .filter(|_| !told(self))
            {
                self.fire(link.owner, index);
            }
            self.explain_task(link.owner, &told);
        }
        let by_others = by_others(&due);
        self.cut(id, due, by_others);
    }
}

fn is_by_others(reason: &CancelReason) -> bool {
    matches!(reason, CancelReason::DeadlineExceeded | CancelReason::Parent)
}

/// Whether something else stops a scope for what is due.
fn by_others(due: &[CancelReason]) -> Maybe {
    let others = due.iter().filter(|reason| is_by_others(reason)).count();
    match others {
        0 => Maybe::No,
        _ if others == due.len() => Maybe::Yes,
        _ => Maybe::Perhaps,
    }
}
