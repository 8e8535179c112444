//! What an actor, or a scope, hears of a cancellation.

use purview_core::CancelReason;

use super::{
    Model,
    cancel::Due,
    state::{Frame, Link, Role},
};
use crate::program::{ActorId, ScopeId};

impl Model<'_> {
    /// What `cancelled()` says to this actor where it stands, if it says anything.
    pub(super) fn hears(&self, id: ActorId) -> Option<Vec<CancelReason>> {
        self.hears_inside(id, self.actor(id).frames.len())
    }

    /// Likewise inside so many of its frames.
    fn hears_inside(&self, id: ActorId, depth: usize) -> Option<Vec<CancelReason>> {
        let actor = self.actor(id);
        let mut reasons = Vec::new();
        for frame in actor.frames[..depth].iter().rev() {
            match frame {
                Frame::Shield => return Some(reasons).filter(|reasons| !reasons.is_empty()),
                Frame::Timeout(timeout) => reasons.extend(timeout.fired.map(|_| CancelReason::Parent)),
            }
        }
        let inside = reasons.len();
        reasons.extend(actor.alone.iter().flat_map(|(alone, _)| alone.clone()));
        reasons.extend(self.scope(actor.scope).cut.iter().flat_map(|cut| cut.reasons.clone()));
        // Whether a timeout passes on the reason of what is around it the contract does not say.
        if depth > 0 && reasons.len() > inside {
            reasons.push(CancelReason::Parent);
        }
        Some(reasons).filter(|reasons| !reasons.is_empty())
    }

    /// What a scope that is linked so hears of what is around it.
    pub(super) fn hears_at(&self, link: Link) -> Option<Vec<CancelReason>> {
        let apart = link.shielded || link.ended || self.actor(link.owner).role == Role::Finalizer;
        if apart {
            return None;
        }
        self.hears_inside(link.owner, link.depth)
    }

    /// What the token of a scope says, if it says anything.
    pub(super) fn hears_token(&self, token: ScopeId) -> Option<Vec<CancelReason>> {
        let scope = self.scope(token);
        // What was due in it before may have come.
        let was_due = || scope.was_due.iter().flat_map(|(reasons, ..)| reasons.clone());
        let ended = scope.over.then(|| was_due().chain([CancelReason::Ended]).collect());
        scope.cut.as_ref().map(|cut| cut.reasons.clone()).or(ended)
    }

    /// What `cancelled()` may say to this actor, once it was seen to say something.
    pub(super) fn may_hear(&self, id: ActorId) -> Vec<CancelReason> {
        let actor = self.actor(id);
        let mut reasons = self.hears(id).unwrap_or_default();
        if actor.is_daemon() && (actor.was_last.is_some() || self.only_daemons_are_left(actor.scope)) {
            reasons.push(CancelReason::Ended);
        }
        reasons.extend(self.due(actor.scope, Due::Possibly));
        reasons.extend(
            self.next_due(id, actor.frames.len(), Due::Possibly)
                .map(|_| CancelReason::Parent),
        );
        reasons
    }
}
