//! In which order children are polled, and when a pass ends.

use std::collections::BTreeMap;

use super::{
    Model, Rule, ensure,
    state::{Life, Role},
};
use crate::{
    features::{Feature, on},
    program::{ActorId, Place, ScopeId},
};

/// How often one child may be polled while another that was woken waits, where scopes yield after few steps: they may pass
/// over it once.
const PASSED: u32 = 2;

/// What has been done in one poll of a scope.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// How often each child was polled.
    pub(super) polls: BTreeMap<ActorId, u32>,
    /// The first that came up twice, with which the pass has done enough.
    pub(super) first_twice: Option<ActorId>,
    /// How many have only yielded since then. The second ends the pass, and so does one that has ended.
    pub(super) yielded: u32,
    pub(super) ended: bool,
}

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
        // The pass ends when the first has come up twice. Those behind it may still be polled until one has ended or two have
        // yielded, because they would lose their places.
        let over = pass.first_twice.filter(|_| pass.ended || pass.yielded > 1);
        ensure!(over.is_none(), "the pass ended when {over:?} came up twice");
        let polls = pass.polls.entry(id).or_default();
        *polls += 1;
        ensure!(*polls < 3, "it comes up for the third time in this pass");
        if *polls > 1 {
            pass.first_twice.get_or_insert(id);
        }
        Ok(())
    }

    /// The poll of this actor is over: it has ended, or has woken itself, or neither.
    pub(super) fn was_polled(&mut self, id: ActorId, ended: bool) {
        let actor = self.actor(id);
        let yielded = actor.woken;
        let (scope, is_child) = (actor.scope, actor.role == Role::Child(Place::Here) || actor.is_daemon());
        let pass = &mut self.scope_mut(scope).pass;
        if is_child && pass.first_twice.is_some() {
            pass.yielded += u32::from(yielded);
            pass.ended |= ended;
        }
    }

    /// Of those that were woken earlier, none waits.
    fn came_first(&mut self, id: ActorId, scope: ScopeId) -> Rule {
        let actor = self.actor(id);
        let Some(woken_at) = actor.woken_at.into_iter().chain(actor.nudged_at).min() else {
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
