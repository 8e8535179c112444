//! Who holds, who is cancelled, and for what reason.

use purview_core::CancelReason;

use super::{
    Model,
    state::{Cut, Fate, LastTurn, Life, Role, Scope},
};
use crate::{
    program::{ActorId, Kind, ScopeId},
    trace::Wait,
};

/// How sure one can be of a cancellation that nobody asked for, or of when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Possibly,
    Certainly,
}

impl Model<'_> {
    /// Whether a cancellation waits for this actor.
    pub(super) fn holds(&self, id: ActorId) -> bool {
        let actor = self.actor(id);
        if !actor.is_alive() {
            return false;
        }
        let inside = || self.nested(id).is_some_and(|nested| self.scope_holds(nested));
        let waits = actor.wait == Some(Wait::Cancelled) || (actor.wait == Some(Wait::Token) && !self.waits_in_vain(id));
        actor.role == Role::Finalizer || actor.shields > 0 || waits || inside()
    }

    /// It was cancelled alone, and waits for the token of its scope, which does not fire for that.
    fn waits_in_vain(&self, id: ActorId) -> bool {
        let actor = self.actor(id);
        actor.wait == Some(Wait::Token) && actor.alone.is_some() && self.scope(actor.scope).cut.is_none()
    }

    /// The token it waits for may have fired at this very instant, before it was cancelled alone.
    pub(super) fn may_be_told(&self, id: ActorId) -> bool {
        self.waits_in_vain(id) && !self.due(self.actor(id).scope, Due::Possibly).is_empty()
    }

    fn scope_holds(&self, id: ScopeId) -> bool {
        let scope = self.scope(id);
        let pending = scope.finalizers.iter().any(|finalizer| self.actor(*finalizer).exists());
        pending || scope.doomed().any(|actor| self.holds(actor))
    }

    /// Whether nobody is waited for any more: the grace of this scope, or of one around it, is over.
    fn grace_is_over(&self, id: ActorId, how_sure: Due) -> bool {
        let actor = self.actor(id);
        let scope = self.scope(actor.scope);
        let over = |since| scope.grace.is_some_and(|grace| self.now >= since + grace);
        let here = scope.cut.as_ref().is_some_and(|cut| over(cut.at));
        let alone = match (&actor.alone, actor.was_last) {
            // Since when a daemon is cancelled that may have been the last one before is not certain.
            (Some((_, since)), Some(before)) => how_sure == Due::Possibly && over(before.min(*since)),
            (Some((_, since)), None) => over(*since),
            (None, _) => false,
        };
        // While its owner has its last turn, a scope goes on.
        let around = scope.owner.filter(|owner| !self.polling.contains(owner));
        here || alone || around.is_some_and(|owner| self.grace_is_over(owner, how_sure))
    }

    /// The body of a cancelled settled scope may run until the children are gone, and once more then if it was woken,
    /// unless it never began.
    pub(super) fn is_spared(&self, id: ActorId) -> bool {
        let scope = self.scope(self.actor(id).scope);
        let others = scope.children.iter().any(|child| self.actor(*child).exists());
        let turn_left = self.actor(id).woken && !self.had_last_turn(scope);
        let body = id == scope.body && self.actor(id).life == Life::Live;
        body && scope.kind == Kind::Settled && scope.cut.is_some() && (others || turn_left)
    }

    fn had_last_turn(&self, scope: &Scope) -> bool {
        match scope.last_turn {
            LastTurn::Yes => true,
            LastTurn::Maybe(at) => at == self.now,
            LastTurn::No => false,
        }
    }

    /// Whether this actor may, or must, be dropped now, and not be polled.
    pub(super) fn is_condemned(&self, id: ActorId, how_sure: Due) -> bool {
        let over = self.grace_is_over(id, how_sure);
        if self.actor(id).role == Role::Finalizer {
            return over;
        }
        self.is_stopped(id) && (!self.holds(id) || over)
    }

    /// Whether this actor is cancelled, alone or with its scope.
    pub(super) fn is_stopped(&self, id: ActorId) -> bool {
        let actor = self.actor(id);
        let with_scope = self.scope(actor.scope).cut.is_some() && !self.is_spared(id);
        actor.is_alive() && actor.role != Role::Finalizer && (actor.alone.is_some() || with_scope)
    }

    /// What `cancelled()` says to this actor, if it says anything.
    pub(super) fn hears(&self, id: ActorId) -> Option<Vec<CancelReason>> {
        let actor = self.actor(id);
        let scope = self.scope(actor.scope);
        let alone = actor.alone.as_ref().map(|(reasons, _)| reasons.clone());
        let cut = scope.cut.as_ref().map(|cut| cut.reasons.clone());
        match (alone, cut) {
            (Some(mut alone), Some(cut)) => {
                alone.extend(cut);
                Some(alone)
            }
            (alone, cut) => alone.or(cut),
        }
    }

    /// What the token of its scope says to this actor, if it says anything.
    pub(super) fn hears_token(&self, id: ActorId) -> Option<&Vec<CancelReason>> {
        self.scope(self.actor(id).scope).cut.as_ref().map(|cut| &cut.reasons)
    }

    /// What `cancelled()` may say to this actor, once it was seen to say something.
    pub(super) fn may_hear(&self, id: ActorId) -> Vec<CancelReason> {
        let actor = self.actor(id);
        let mut reasons = self.hears(id).unwrap_or_default();
        if actor.is_daemon() && (actor.was_last.is_some() || self.only_daemons_are_left(actor.scope)) {
            reasons.push(CancelReason::Ended);
        }
        reasons.extend(self.due(actor.scope, Due::Possibly));
        reasons
    }

    pub(super) fn cut(&mut self, id: ScopeId, mut reasons: Vec<CancelReason>) {
        let now = self.now;
        let scope = self.scope(id);
        if scope.over || scope.cut.is_some() {
            return;
        }
        // What else may have come first at this very instant.
        reasons.extend(self.due(id, Due::Possibly));
        self.scope_mut(id).cut = Some(Cut { reasons, at: now });
        let actors: Vec<ActorId> = self.scope(id).doomed().collect();
        for actor in actors {
            self.actor_mut(actor).held = self.holds(actor);
            self.cut_inside(actor);
        }
        self.leave_body_alone(id);
    }

    /// The scopes that an actor awaits see its cancellation, unless it opened them inside a shield.
    pub(super) fn cut_inside(&mut self, actor: ActorId) {
        if let Some(nested) = self.nested(actor) {
            if !self.scope(nested).shielded && self.actor(actor).role != Role::Finalizer {
                self.cut(nested, vec![CancelReason::Parent]);
            }
        }
    }

    /// The reasons for which this scope must have been cancelled once this instant is over, or may have been already,
    /// without anybody having asked for it.
    pub(super) fn due(&self, id: ScopeId, when: Due) -> Vec<CancelReason> {
        let scope = self.scope(id);
        let mut due = Vec::new();
        if scope.deadline.is_some_and(|deadline| deadline <= self.now) {
            due.push(CancelReason::DeadlineExceeded);
        }
        for (_, fate) in scope.unreported.iter().filter(|_| scope.kind != Kind::Settled) {
            match fate {
                Fate::Failed => due.push(CancelReason::Failed),
                Fate::Panicked(_) => due.push(CancelReason::Panicked),
                Fate::Returned | Fate::Cancelled => {}
            }
        }
        if let Some(owner) = scope.owner.filter(|_| !scope.shielded) {
            let owner = self.actor(owner);
            let was_last = owner.was_last.is_some() && when == Due::Possibly;
            let last = owner.is_daemon() && (was_last || self.only_daemons_are_left(owner.scope));
            if owner.role != Role::Finalizer && (last || !self.due(owner.scope, when).is_empty()) {
                due.push(CancelReason::Parent);
            }
        }
        due
    }

    /// Whether body and ordinary children are gone, which is when daemons are cancelled.
    pub(super) fn only_daemons_are_left(&self, id: ScopeId) -> bool {
        let ordinary = |id: ActorId| self.actor(id).is_ordinary() && self.actor(id).exists();
        !self.scope(id).doomed().any(ordinary)
    }

    /// Its daemons may have been cancelled now, even if one of them goes on to spawn somebody to wait for.
    pub(super) fn daemons_were_last(&mut self, id: ScopeId) {
        let now = self.now;
        for daemon in self.scope(id).children.clone() {
            self.actor_mut(daemon).was_last.get_or_insert(now);
        }
    }

    /// Daemons are cancelled when they are the last. Until then one of them can still spawn somebody to wait for, so
    /// this is asked only where a cancellation was seen, or must have come. Whom this was not seen of may have been
    /// spawned since, and is certain of it only once everybody waits.
    fn stop_daemons(&mut self, id: ScopeId, seen_of: Option<ActorId>) {
        let now = self.now;
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
            actor.nudged = true;
            self.cut_inside(daemon);
        }
    }

    /// Has those cancellations come that nobody asked for, now that everybody waits.
    pub(super) fn cancel_what_is_due(&mut self, id: ScopeId) {
        let due = self.due(id, Due::Certainly);
        if !due.is_empty() {
            self.cut(id, due);
        }
        if self.only_daemons_are_left(id) {
            self.stop_daemons(id, None);
        }
    }

    /// An actor was seen to be cancelled, though nobody asked for it: has the least come that explains it.
    pub(super) fn explain(&mut self, id: ActorId, explained: &dyn Fn(&Self) -> bool) -> bool {
        let actor = self.actor(id);
        let (scope, is_daemon, was_last) = (actor.scope, actor.is_daemon(), actor.was_last);
        if !explained(self) && is_daemon {
            if self.only_daemons_are_left(scope) {
                self.stop_daemons(scope, Some(id));
            } else if let Some(since) = was_last {
                self.actor_mut(id).alone = Some((vec![CancelReason::Ended], since));
                self.cut_inside(id);
            }
        }
        let due = self.due(scope, Due::Possibly);
        if !explained(self) && !due.is_empty() {
            if due == [CancelReason::Parent] {
                let owner = self
                    .scope(scope)
                    .owner
                    .expect("a scope without parent does not see its cancellation");
                self.explain(owner, &|model: &Self| model.hears(owner).is_some());
            }
            self.cut(scope, due);
        }
        explained(self)
    }
}
