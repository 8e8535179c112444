//! Places under a limit, and tokens that belong to no scope.

use purview_core::CancelReason;

use super::{
    Model,
    cancel::Due,
    state::{Life, Maybe, Role},
};
use crate::program::{ActorId, Place, ScopeId};

impl Model<'_> {
    /// How many places there are certainly none of: children that run, or that are to run on a permit, and permits.
    pub(super) fn places_taken(&self, id: ScopeId) -> usize {
        let scope = self.scope(id);
        let places = |id: ActorId| {
            let actor = self.actor(id);
            let runs = actor.life == Life::Live || (actor.is_alive() && actor.admitted);
            let own = usize::from(runs && matches!(actor.role, Role::Child(_)));
            own + if actor.is_alive() { actor.permits } else { 0 }
        };
        scope.doomed().map(places).sum()
    }

    /// Whether there is a permit for this actor, which it then has.
    pub(super) fn gets_permit(&mut self, id: ActorId) -> bool {
        let within = self.actor(id).scope;
        let scope = self.scope(within);
        let Some(limit) = scope.limit else { return true };
        // In a scope that is cancelled it comes without a place.
        if scope.cut.is_some() || scope.over {
            return true;
        }
        let given = self.places_taken(within) < limit;
        self.actor_mut(id).permits += usize::from(given);
        given || !self.due(within, Due::Possibly).is_empty()
    }

    pub(super) fn spawns_on_permit(&mut self, child: ActorId, scope: ScopeId) {
        self.spawns(child, scope, Place::Here);
        if let Some(by) = self.polling.last().copied() {
            let admitted = self.actor(by).permits > 0;
            self.actor_mut(by).permits -= usize::from(admitted);
            self.actor_mut(child).admitted = admitted;
        }
    }

    pub(super) fn cancels_token(&mut self, token: usize) {
        if !self.fired.insert(token) {
            return;
        }
        let hears = |id: &ScopeId| self.scope(*id).cancel_on == Some(token) && !self.scope(*id).over;
        let hit: Vec<ScopeId> = self.scopes.keys().copied().filter(hears).collect();
        // Innermost first: those inside another that is hit may hear of either first.
        for id in hit.iter().rev() {
            let mut reasons = vec![CancelReason::Requested(None)];
            reasons.extend(self.is_inside(*id, &hit).then_some(CancelReason::Parent));
            self.cut(*id, reasons, Maybe::Yes);
        }
    }

    fn is_inside(&self, id: ScopeId, hit: &[ScopeId]) -> bool {
        let around = self.scope(id).link.filter(|link| self.is_reached(*link, 0));
        around.is_some_and(|link| {
            let scope = self.actor(link.owner).scope;
            hit.contains(&scope) || self.is_inside(scope, hit)
        })
    }
}
