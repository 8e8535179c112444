//! Where scopes are polled, and what follows from that.

use std::time::Duration;

use purview_core::CancelReason;

use super::{
    Dropped, Model, Rule,
    cancel::Due,
    ensure,
    order::Pass,
    state::{Frame, LastTurn, Link, Maybe, Role, Scope},
};
use crate::{
    program::{ActorId, ScopeId},
    trace::Wait,
};

impl Model<'_> {
    /// The scopes that were polled last in this actor.
    pub(super) fn linked(&self, owner: ActorId) -> impl Iterator<Item = (ScopeId, &Scope, Link)> {
        self.scopes.iter().filter_map(move |(id, scope)| {
            let link = scope.link.filter(|link| link.owner == owner && !scope.over)?;
            Some((*id, scope, link))
        })
    }

    /// The scope that this actor awaits.
    pub(super) fn nested(&self, owner: ActorId) -> Option<ScopeId> {
        let awaited = |scope: &Scope| scope.owner() == Some(owner) && !scope.over;
        self.scopes.iter().find(|(_, scope)| awaited(scope)).map(|(id, _)| *id)
    }

    /// Whether a cancellation of what is around the link reaches it.
    pub(super) fn is_reached(&self, link: Link, from: usize) -> bool {
        let owner = self.actor(link.owner);
        let shield = |frame: &Frame| matches!(frame, Frame::Shield);
        // What has ended has no frames any more.
        let apart = link.shielded || link.ended || owner.role == Role::Finalizer;
        !apart && !owner.frames[from.min(link.depth)..link.depth].iter().any(shield)
    }

    /// The future of the scope is polled: from now on it belongs here.
    pub(super) fn drives(&mut self, id: ScopeId) -> Rule {
        ensure!(!self.scope(id).over, "it is over");
        let owner = self.polling.last().copied();
        let link = owner.map(|owner| Link {
            owner,
            depth: self.actor(owner).frames.len(),
            shielded: false,
            ended: false,
        });
        let lent = |owner| matches!(self.actor(owner).wait, Some(Wait::PollsLent(_) | Wait::Expiry(_)));
        let kept = link.map_or(0, |link| link.depth - usize::from(lent(link.owner)));
        let now = self.now;
        if let Some(before) = self.scope(id).link.filter(|before| Some(*before) != link) {
            self.note_what_is_due(id);
            if Some(before.owner) != owner {
                self.is_looked_at(before.owner);
            }
        }
        let scope = self.scope_mut(id);
        scope.pass = Pass::default();
        scope.kept = kept;
        scope.keeper = owner;
        let (begins, moved, resumes) = (scope.link.is_none(), scope.link != link, scope.is_idle());
        scope.link = link;
        if moved && !begins {
            scope.moved_at = Some(now);
            if let Some(cut) = &mut scope.cut {
                cut.moved = Maybe::Yes;
            }
        }
        if resumes {
            (scope.left, scope.taken) = (false, false);
            self.resume(id, now);
        }
        let due = self.due(id, Due::Possibly);
        if let Some(cut) = self.scope_mut(id).cut.as_mut().filter(|_| begins) {
            cut.reasons.extend(due);
        }
        if moved && link.is_some_and(|link| self.hears_at(link).is_some()) {
            match &mut self.scope_mut(id).cut {
                Some(cut) if begins => cut.reasons.push(CancelReason::Parent),
                _ => {
                    self.moving = true;
                    self.cut(id, vec![CancelReason::Parent], Maybe::Yes);
                    self.moving = false;
                }
            }
        }
        Ok(())
    }

    /// What held in this actor has moved elsewhere and holds here no more: one that was told to stop is looked at for that, and
    /// a body may have its last turn with it.
    fn is_looked_at(&mut self, id: ActorId) {
        let (now, actor) = (self.now, self.actor(id));
        let scope = actor.scope;
        if actor.alone.is_none() && self.scope(scope).cut.is_none() {
            return;
        }
        self.actor_mut(id).nudged = true;
        let scope = self.scope_mut(scope);
        if scope.body == id && scope.last_turn == LastTurn::No {
            scope.last_turn = LastTurn::Maybe(now);
        }
    }

    /// This scope is about to belong elsewhere: what is due in it may have come before.
    pub(super) fn note_what_is_due(&mut self, scope: ScopeId) {
        let (now, due) = (self.now, self.due(scope, Due::Possibly));
        if !due.is_empty() {
            self.scope_mut(scope).was_due.get_or_insert((due, now, true)).2 = true;
        }
        if let Some(link) = self.scope(scope).link {
            let over = [false, true].map(|finalizes| self.grace_around(link, finalizes, Due::Possibly));
            let was_over = &mut self.scope_mut(scope).was_over;
            *was_over = [was_over[0] || over[0], was_over[1] || over[1]];
        }
        let actors: Vec<ActorId> = self.scope(scope).doomed().collect();
        for actor in actors {
            for depth in 1..=self.actor(actor).frames.len() {
                let due = self
                    .next_due(actor, depth, Due::Possibly)
                    .filter(|index| *index == depth - 1);
                let frame = due.and_then(|index| self.actor_mut(actor).frames.get_mut(index));
                if let Some(Frame::Timeout(timeout)) = frame {
                    timeout.was_due = true;
                }
            }
            self.note_what_is_due_in(actor);
        }
    }

    /// Likewise all scopes that were polled last in this actor.
    pub(super) fn note_what_is_due_in(&mut self, actor: ActorId) {
        let inside: Vec<ScopeId> = self.linked(actor).map(|(id, ..)| id).collect();
        for scope in inside {
            self.note_what_is_due(scope);
        }
    }

    /// What is inside is polled again.
    fn resume(&mut self, id: ScopeId, now: Duration) {
        self.scope_mut(id).resumed = now;
        let actors: Vec<ActorId> = self.scope(id).doomed().collect();
        for actor in actors {
            let inside: Vec<ScopeId> = self.linked(actor).map(|(id, ..)| id).collect();
            for scope in inside {
                self.resume(scope, now);
            }
        }
    }

    /// Whether nothing polls the scope, because its future, or one that it is in, was left behind.
    pub(super) fn is_suspended(&self, id: ScopeId) -> bool {
        let scope = self.scope(id);
        let inside = |owner: ActorId| {
            let owner = self.actor(owner);
            !owner.is_parallel() && self.is_suspended(owner.scope)
        };
        scope.is_idle() || scope.owner().is_some_and(inside)
    }

    pub(super) fn is_left(&mut self, id: ScopeId) {
        if let Some(scope) = self.scopes.get_mut(&id) {
            scope.left = true;
        }
    }

    /// The actor that is being polled has the future where it stands, and may not poll it.
    pub(super) fn is_owned(&mut self, id: ScopeId) {
        let Some(owner) = self.polling.last().copied() else {
            return;
        };
        let depth = self.actor(owner).frames.len();
        let began = self.scopes.get_mut(&id);
        if let Some(scope) = began {
            scope.keeper = Some(owner);
            scope.kept = depth;
            (scope.left, scope.taken) = (false, true);
        }
    }

    /// A frame of this actor has ended in the ordinary way: what was polled in it belongs to it no more, or, if it was a
    /// shield or a timeout over a reference, still to the actor and its timeouts.
    pub(super) fn leaves_frame(&mut self, id: ActorId) -> Option<Frame> {
        let depth = self.actor(id).frames.len().checked_sub(1)?;
        self.note_what_is_due_in(id);
        let frame = self.actor_mut(id).frames.pop()?;
        for scope in self.scopes.values_mut() {
            if let Some(link) = scope
                .link
                .as_mut()
                .filter(|link| link.owner == id && link.depth > depth)
            {
                link.depth = depth;
                match &frame {
                    Frame::Shield => link.shielded = true,
                    Frame::Timeout(timeout) => link.ended |= timeout.owned,
                }
            }
        }
        Some(frame)
    }

    /// The actor has ended: what was left behind by it belongs to it no more.
    pub(super) fn unlink(&mut self, id: ActorId) {
        self.note_what_is_due_in(id);
        for scope in self.scopes.values_mut() {
            if let Some(link) = scope.link.as_mut().filter(|link| link.owner == id) {
                link.ended = true;
            }
        }
    }

    /// Whether `what` is being dropped and has the future of this scope in it.
    pub(super) fn has_the_future_of(&self, what: Dropped, scope: ScopeId) -> bool {
        let owner = self.scope(scope).owner();
        match what {
            Dropped::Scope(dropped) => dropped == scope,
            Dropped::Actor(actor) => owner == Some(actor),
            Dropped::Inside(actor, index) => owner == Some(actor) && self.scope(scope).kept > index,
            Dropped::Group(_) => false,
        }
    }
}
