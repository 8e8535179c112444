//! What holds, and for how long it is waited for.

use std::time::Duration;

use super::{
    Model,
    cancel::Due,
    state::{Cut, Frame, LastTurn, Life, Link, Role, Scope},
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
            // One that was told holds until it has reacted.
            Some(Wait::Cancelled) => {
                let told = how_sure == Due::Possibly && !self.may_hear(id).is_empty();
                told || self.reaches(id, None, against)
            }
            Some(Wait::Token(token)) => self.counts(id, token, against, how_sure),
            _ => false,
        };
        let member = |member: &ActorId| {
            let member = &self.members[member];
            // Its group may have told it: it has its result, or is shut down.
            let told = how_sure == Due::Possibly && matches!(member.wait, Some(Wait::Cancelled));
            member.life == Life::Live && (told || waits(member.wait))
        };
        let in_group = || {
            self.group_of(id)
                .is_some_and(|group| self.running[&group].members.iter().any(member))
        };
        let inside = || {
            let mut scopes = self.linked(id).filter(|linked| is_inside(linked, from, how_sure));
            scopes.any(|(nested, ..)| self.scope_holds(nested, against, how_sure))
        };
        let itself = actor.role == Role::Finalizer || actor.blocks.is_some() || waits(actor.wait);
        let perhaps = || how_sure == Due::Possibly && self.has_closures(id);
        itself || perhaps() || actor.frames[from.min(actor.frames.len())..].iter().any(shield) || in_group() || inside()
    }

    fn scope_holds(&self, id: ScopeId, against: Against, how_sure: Due) -> bool {
        let scope = self.scope(id);
        let pending = scope.finalizers.iter().any(|finalizer| self.actor(*finalizer).exists());
        // What is linked to a child that has ended counts until the scope has heard of that.
        let ended = |(child, _): &(ActorId, _)| {
            let mut inside = self.linked(*child);
            how_sure == Due::Possibly && inside.any(|(nested, ..)| self.scope_holds(nested, against, how_sure))
        };
        let holds = |actor| self.holds_against(actor, against, how_sure);
        pending || scope.doomed().any(holds) || scope.unreported.iter().any(ended)
    }

    /// Whether a wait for the token of this scope counts where the cancellation begins: that is this scope, or what is
    /// around it, if it reaches this scope from there.
    fn counts(&self, id: ActorId, token: ScopeId, against: Against, how_sure: Due) -> bool {
        if self.actor(id).told || (how_sure == Due::Possibly && self.may_have_fired(token)) {
            return true;
        }
        self.reaches(id, Some(token), against)
    }

    /// Whether the cancellation reaches this actor, and on its way the token of this scope.
    pub(super) fn reaches(&self, id: ActorId, token: Option<ScopeId>, against: Against) -> bool {
        let (mut actor, mut fires) = (id, token.is_none());
        loop {
            let around = self.actor(actor).scope;
            if matches!(against, Against::Task(task) | Against::Timeout(task, _) if task == actor) {
                return fires;
            }
            fires |= token == Some(around);
            if against == Against::Scope(around) {
                return fires;
            }
            let Some(link) = self.scope(around).link else {
                return false;
            };
            let from = match against {
                Against::Timeout(task, index) if task == link.owner => index + 1,
                _ => 0,
            };
            if !self.is_reached(link, from) {
                return false;
            }
            actor = link.owner;
        }
    }

    fn may_have_fired(&self, token: ScopeId) -> bool {
        self.scope(token).cut.is_some() || !self.due(token, Due::Possibly).is_empty()
    }

    /// Whether a closure runs in a scope that was polled in this actor last, or further in: of one whose scope was dropped,
    /// or left behind, the contract does not say whether it holds.
    pub(super) fn has_closures(&self, id: ActorId) -> bool {
        self.closures_run_in(|owner, _| owner == id)
    }

    fn closures_run_in(&self, is_inside: impl Fn(ActorId, ScopeId) -> bool) -> bool {
        let mut running = self.actors.values().filter(|actor| actor.blocks.is_some());
        running.any(|closure| {
            let mut scope = closure.scope;
            while let Some(link) = self.scope(scope).link {
                scope = self.actor(link.owner).scope;
                if is_inside(link.owner, scope) {
                    return true;
                }
            }
            false
        })
    }

    /// The token it waits for may have fired at this very instant, before it was cancelled.
    pub(super) fn may_be_told(&self, id: ActorId) -> bool {
        match self.actor(id).wait {
            Some(Wait::Token(token)) => self.may_have_fired(token) || self.scope(token).over,
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
        let begun = |cut: &Cut| if how_sure == Due::Possibly { cut.since } else { cut.at };
        let here = scope.cut.as_ref().is_some_and(|cut| over(begun(cut)));
        let alone = match (&actor.alone, actor.was_last) {
            // Since when a daemon is cancelled that may have been the last one before is not certain.
            (Some((_, since)), Some(before)) => how_sure == Due::Possibly && over(before.min(*since)),
            (Some((_, since)), None) => over(*since),
            (None, _) => false,
        };
        // While its owner has its last turn, a scope may go on.
        let on_turn =
            |owner: &ActorId| (how_sure == Due::Certainly || !on(Feature::Finalizers)) && self.polling.contains(owner);
        // Only where the scope is polled a grace ends, its own or one around.
        let polled = how_sure == Due::Possibly || !self.is_suspended(actor.scope);
        let here = here && polled;
        let around = scope.link.filter(|link| polled && !link.ended && !on_turn(&link.owner));
        let before = how_sure == Due::Possibly && scope.was_over[usize::from(finalizes)];
        here || alone || before || around.is_some_and(|link| self.grace_around(link, finalizes, how_sure))
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
        // It may have fired earlier than that was noticed.
        let fired = match actor.frames.get(index) {
            Some(Frame::Timeout(timeout)) if how_sure == Due::Possibly => {
                timeout.fired.map(|fired| fired.min(timeout.until))
            }
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
    pub(super) fn has_finalizers(&self, id: ActorId, from: usize, how_sure: Due) -> bool {
        let inside = |linked: (ScopeId, &Scope, Link)| {
            let (_, scope, _) = linked;
            let exist = |finalizer: &ActorId| self.actor(*finalizer).exists();
            let deeper = || scope.doomed().any(|actor| self.has_finalizers(actor, 0, how_sure));
            is_inside(&linked, from, how_sure) && (scope.finalizers.iter().any(exist) || deeper())
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
            let finalizes = self.has_finalizers(id, 0, how_sure.other());
            self.grace_is_over(id, finalizes, how_sure)
        };
        !self.holds(id, how_sure.other()) || over()
    }

    /// Whether this actor is cancelled, alone or with its scope.
    pub(super) fn is_stopped(&self, id: ActorId) -> bool {
        let actor = self.actor(id);
        let with_scope = self.scope(actor.scope).cut.is_some() && !self.may_run_on(id);
        actor.is_alive() && actor.role != Role::Finalizer && (actor.alone.is_some() || with_scope)
    }

    /// The body of a cancelled settled scope may run until the children have been dropped, and once more then if it was woken,
    /// unless it never began.
    pub(super) fn may_run_on(&self, id: ActorId) -> bool {
        let scope = self.scope(self.actor(id).scope);
        let others = self.has_others(scope);
        let turn_left = self.actor(id).woken && !self.had_last_turn(scope);
        let body = id == scope.body && self.actor(id).life == Life::Live;
        body && scope.kind == Kind::Settled && scope.cut.is_some() && (others || turn_left)
    }

    /// Whether there are children for whose end the body waits. A closure that runs on when the grace is over keeps the
    /// scope, and not the body.
    pub(super) fn has_others(&self, scope: &Scope) -> bool {
        let counts = |child: &ActorId| {
            let runs = self.actor(*child).blocks.is_some();
            self.actor(*child).exists() && !(runs && self.grace_is_over(*child, false, Due::Possibly))
        };
        scope.children.iter().any(counts)
    }

    fn had_last_turn(&self, scope: &Scope) -> bool {
        match scope.last_turn {
            LastTurn::Yes => true,
            LastTurn::Maybe(at) => {
                let before = |cut: &Cut| cut.since <= at && cut.since < cut.at;
                at == self.now || scope.cut.as_ref().is_some_and(before)
            }
            LastTurn::No => false,
        }
    }

    /// Closures that run inside a scope that was dropped while this one was awaited. Of those that run in one that was left
    /// behind, or that something else dropped, the contract does not say whether they are waited for.
    pub(super) fn outliving(&self, id: ScopeId, how_sure: Due) -> bool {
        let counts = |outliving: &super::Outliving| {
            let runs = outliving.certain && self.actor(outliving.closure).exists();
            runs && self.is_around(id, outliving.within)
        };
        let perhaps = || how_sure == Due::Possibly && self.closures_run_in(|_, scope| scope == id);
        self.outliving.iter().any(counts) || perhaps()
    }
}

/// Whether what was polled last in an actor counts for what is above its frame `from`. A timeout that has it now, and has not
/// polled it, does not know yet that it holds.
fn is_inside((_, scope, link): &(ScopeId, &Scope, Link), from: usize, how_sure: Due) -> bool {
    link.depth >= from && (how_sure == Due::Possibly || !(link.ended || scope.taken))
}
