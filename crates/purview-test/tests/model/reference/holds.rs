//! What holds, and for how long it is waited for.

use std::time::Duration;

use super::{
    Model,
    cancel::Due,
    state::{Frame, LastTurn, Life, Link, Role, Scope},
};
use crate::{
    features::{Feature, on},
    program::{ActorId, Kind, ScopeId},
    trace::Wait,
};

/// What a cancellation begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Against {
    Scope(ScopeId),
    Task(ActorId),
    /// The frame of the actor at this index.
    Timeout(ActorId, usize),
}

impl Model<'_> {
    /// What has cancelled this actor, or would.
    fn against(&self, id: ActorId) -> Against {
        let actor = self.actor(id);
        if actor.alone.is_some() && self.scope(actor.scope).cut.is_none() {
            Against::Task(id)
        } else {
            Against::Scope(actor.scope)
        }
    }

    /// Whether a cancellation waits for this actor.
    pub(super) fn holds(&self, id: ActorId, how_sure: Due) -> bool {
        self.holds_against(id, self.against(id), how_sure)
    }

    pub(super) fn holds_against(&self, id: ActorId, against: Against, how_sure: Due) -> bool {
        let actor = self.actor(id);
        if !actor.is_alive() {
            return false;
        }
        let from = match against {
            Against::Timeout(owner, index) if owner == id => index + 1,
            _ => 0,
        };
        let shield = |frame: &Frame| matches!(frame, Frame::Shield);
        let waits = |wait| match wait {
            Some(Wait::Cancelled) => true,
            Some(Wait::Token(token)) => self.counts(id, token, against, how_sure),
            _ => false,
        };
        let member = |member: &ActorId| {
            let member = &self.members[member];
            member.life == Life::Live && waits(member.wait)
        };
        let in_group = || {
            self.group_of(id)
                .is_some_and(|group| self.running[&group].members.iter().any(member))
        };
        let inside = || {
            let counts = |link: Link| link.depth >= from && (!link.ended || how_sure == Due::Possibly);
            let mut scopes = self.linked(id).filter(|(_, _, link)| counts(*link));
            scopes.any(|(nested, ..)| self.scope_holds(nested, against, how_sure))
        };
        let itself = actor.role == Role::Finalizer || actor.blocks.is_some() || waits(actor.wait);
        itself || actor.frames[from.min(actor.frames.len())..].iter().any(shield) || in_group() || inside()
    }

    fn scope_holds(&self, id: ScopeId, against: Against, how_sure: Due) -> bool {
        let scope = self.scope(id);
        let pending = scope.finalizers.iter().any(|finalizer| self.actor(*finalizer).exists());
        pending || scope.doomed().any(|actor| self.holds_against(actor, against, how_sure))
    }

    /// Whether a wait for the token of this scope counts where the cancellation begins: that is this scope, or what is
    /// around it.
    fn counts(&self, id: ActorId, token: ScopeId, against: Against, how_sure: Due) -> bool {
        let fired = self.scope(token).cut.is_some();
        if self.actor(id).told || (fired && how_sure == Due::Possibly) {
            return true;
        }
        let mut actor = id;
        loop {
            let around = self.actor(actor).scope;
            match against {
                Against::Task(task) | Against::Timeout(task, _) if task == actor => return false,
                _ if around == token => return true,
                Against::Scope(scope) if scope == around => return false,
                _ => {}
            }
            match self.scope(around).link {
                Some(link) if self.is_reached(link, 0) => actor = link.owner,
                _ => return false,
            }
        }
    }

    /// The token it waits for may have fired at this very instant, before it was cancelled.
    pub(super) fn may_be_told(&self, id: ActorId) -> bool {
        match self.actor(id).wait {
            Some(Wait::Token(token)) => self.scope(token).cut.is_some() || !self.due(token, Due::Possibly).is_empty(),
            _ => false,
        }
    }

    /// Whether nothing is waited for any more: the grace of this scope, or of one around it, is over; that of finalizers
    /// is twice as long.
    pub(super) fn grace_is_over(&self, id: ActorId, finalizes: bool, how_sure: Due) -> bool {
        let actor = self.actor(id);
        let scope = self.scope(actor.scope);
        let finalizes = finalizes || actor.role == Role::Finalizer;
        let over = |since| self.is_over(scope, since, finalizes, how_sure);
        let here = scope.cut.as_ref().is_some_and(|cut| over(cut.at));
        let alone = match (&actor.alone, actor.was_last) {
            // Since when a daemon is cancelled that may have been the last one before is not certain.
            (Some((_, since)), Some(before)) => how_sure == Due::Possibly && over(before.min(*since)),
            (Some((_, since)), None) => over(*since),
            (None, _) => false,
        };
        // While its owner has its last turn, a scope may go on.
        let on_turn =
            |owner: &ActorId| (how_sure == Due::Certainly || !on(Feature::Finalizers)) && self.polling.contains(owner);
        let around = scope.link.filter(|link| !link.ended && !on_turn(&link.owner));
        here || alone || around.is_some_and(|link| self.grace_around(link, finalizes, how_sure))
    }

    /// Whether the grace of what is around a scope is over.
    pub(super) fn grace_around(&self, link: Link, finalizes: bool, how_sure: Due) -> bool {
        let expired = (0..link.depth).any(|index| self.timeout_is_over(link.owner, index, finalizes, how_sure));
        expired || self.grace_is_over(link.owner, finalizes, how_sure)
    }

    /// Whether the grace of an expired timeout is over, which is that of the scope around.
    pub(super) fn timeout_is_over(&self, id: ActorId, index: usize, finalizes: bool, how_sure: Due) -> bool {
        let actor = self.actor(id);
        let scope = self.scope(actor.scope);
        let fired = match actor.frames.get(index) {
            Some(Frame::Timeout(timeout)) => timeout.fired,
            _ => None,
        };
        fired.is_some_and(|since| self.is_over(scope, since, finalizes || actor.role == Role::Finalizer, how_sure))
    }

    fn is_over(&self, scope: &Scope, since: Duration, finalizes: bool, how_sure: Due) -> bool {
        // A scope that was not polled meanwhile may count from when it was.
        let since = if how_sure == Due::Certainly {
            since.max(scope.resumed)
        } else {
            since
        };
        let times = if finalizes && on(Feature::Finalizers) { 2 } else { 1 };
        scope.grace.is_some_and(|grace| self.now >= since + times * grace)
    }

    /// Whether there are finalizers inside this actor, above its frame `from`.
    pub(super) fn has_finalizers(&self, id: ActorId, from: usize) -> bool {
        let inside = |(_, scope, link): (ScopeId, &Scope, Link)| {
            let exist = |finalizer: &ActorId| self.actor(*finalizer).exists();
            let deeper = || scope.doomed().any(|actor| self.has_finalizers(actor, 0));
            link.depth >= from && (scope.finalizers.iter().any(exist) || deeper())
        };
        on(Feature::Finalizers) && self.linked(id).any(inside)
    }

    /// Whether this actor may, or must, be dropped now, and not be polled.
    pub(super) fn is_condemned(&self, id: ActorId, how_sure: Due) -> bool {
        let actor = self.actor(id);
        if actor.role == Role::Finalizer {
            return self.grace_is_over(id, true, how_sure);
        }
        if actor.blocks.is_some() || !self.is_stopped(id) {
            return false;
        }
        let over = || {
            let finalizes = self.has_finalizers(id, 0);
            self.grace_is_over(id, finalizes, how_sure)
        };
        !self.holds(id, how_sure.other()) || over()
    }

    /// Whether this actor is cancelled, alone or with its scope.
    pub(super) fn is_stopped(&self, id: ActorId) -> bool {
        let actor = self.actor(id);
        let with_scope = self.scope(actor.scope).cut.is_some() && !self.is_spared(id);
        actor.is_alive() && actor.role != Role::Finalizer && (actor.alone.is_some() || with_scope)
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

    /// Closures that run inside a scope that was dropped while this one was awaited.
    pub(super) fn outliving(&self, id: ScopeId, how_sure: Due) -> bool {
        let runs = |outliving: &super::Outliving| self.actor(outliving.closure).exists();
        let counts = |outliving: &super::Outliving| {
            outliving.around.contains(&id) && (how_sure == Due::Possibly || outliving.certain)
        };
        self.outliving
            .iter()
            .any(|outliving| counts(outliving) && runs(outliving))
    }
}
