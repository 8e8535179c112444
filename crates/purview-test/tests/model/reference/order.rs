//! In which order children are polled, and when a pass ends.

use super::{Model, Rule, ensure, state::Life};
use crate::{
    features::{Feature, on},
    program::{ActorId, ScopeId},
};

/// How often one child may be polled while another that was woken waits, where scopes yield after few steps: they may pass
/// over it once.
const PASSED: u32 = 2;

impl Model<'_> {
    pub(super) fn is_woken(&mut self, id: ActorId) {
        let step = self.step;
        let actor = self.actor_mut(id);
        actor.woken = true;
        actor.woken_at.get_or_insert(step);
    }

    /// Whether it is the turn of this child.
    pub(super) fn is_in_turn(&mut self, id: ActorId) -> Rule {
        let scope_id = self.actor(id).scope;
        let is_child = self.scope(scope_id).children.contains(&id) && !self.actor(id).is_parallel();
        if !is_child || !on(Feature::Order) {
            return Ok(());
        }
        if self.actor(id).life == Life::Live {
            self.came_first(id, scope_id)?;
        }
        let pass = &mut self.scope_mut(scope_id).pass;
        // The one behind the first that comes up twice may still be polled.
        let mut twice = pass.iter().filter(|(_, polls)| **polls > 1);
        let over = twice.nth(1);
        ensure!(over.is_none(), "the pass ended when {over:?} came up twice");
        *pass.entry(id).or_default() += 1;
        Ok(())
    }

    /// Of those that were woken earlier, none waits.
    fn came_first(&mut self, id: ActorId, scope: ScopeId) -> Rule {
        let Some(woken_at) = self.actor(id).woken_at else {
            return Ok(());
        };
        let waits = |other: &ActorId| {
            let actor = self.actor(*other);
            let earlier = actor.woken_at.is_some_and(|at| at < woken_at);
            earlier && actor.life == Life::Live && !actor.is_parallel() && *other != id
        };
        let earlier: Vec<ActorId> = self.scope(scope).children.iter().copied().filter(waits).collect();
        for other in earlier {
            ensure!(self.yields_early, "{other:?} was woken earlier");
            let passed_by = &mut self.actor_mut(other).passed_by;
            let times = passed_by.entry(id).or_default();
            *times += 1;
            ensure!(*times <= PASSED, "{other:?} was passed over {times} times");
        }
        Ok(())
    }
}
