//! Which actors may be polled, and how a poll may end.

use super::{
    Model, Rule,
    cancel::Due,
    ensure,
    state::{Actor, Fate, Frame, LastTurn, Life, Role},
};
use crate::{
    program::{ActorId, End, ScopeId},
    trace::{How, Origin, Wait},
};

impl Model<'_> {
    pub(super) fn polled(&mut self, id: ActorId) -> Rule {
        let actor = self.actor(id);
        let scope_id = actor.scope;
        ensure!(actor.is_alive(), "it is {:?}", actor.life);
        let last = actor.is_daemon() && self.only_daemons_are_left(scope_id);
        let stopped = last || actor.was_last.is_some();
        let may_be_stopped = self.is_stopped(id) || !self.due(scope_id, Due::Possibly).is_empty();
        let expires = |frame: &Frame| matches!(frame, Frame::Timeout(timeout) if timeout.until <= self.now);
        let may_be_stopped = may_be_stopped || actor.frames.iter().any(expires);
        // One with finalizers inside is told when its grace is over.
        let told = || self.has_finalizers(id, 0, Due::Possibly) && self.grace_is_over(id, false, Due::Possibly);
        // What holds in a scope that was left here may have let go for a moment.
        let let_go = || self.linked(id).next().is_some();
        let looked_at = may_be_stopped && (told() || let_go());
        ensure!(
            actor.woken || actor.nudged || stopped || looked_at || actor.is_parallel(),
            "nothing woke it"
        );
        ensure!(!self.scope(scope_id).over, "its scope is over");
        let around = if actor.is_parallel() {
            None
        } else {
            self.scope(scope_id).owner()
        };
        ensure!(
            self.polling.last().copied() == around,
            "its scope is not the one being polled: {:?}",
            self.polling
        );
        let maybe = matches!(self.scope(scope_id).last_turn, LastTurn::Maybe(_)) && id == self.scope(scope_id).body;
        // An actor that was woken at the very instant at which the grace ends may come first.
        let condemned = self.is_stopped(id) && !self.holds(id, Due::Possibly) && !self.may_be_told(id);
        // The executor polls on until the scope has had its turn, which is not later than this instant.
        let elsewhere = self.actor(id).is_parallel();
        ensure!(
            maybe || elsewhere || !condemned,
            "it was cancelled, for {:?}",
            self.hears(id)
        );
        self.no_member_lingers(scope_id)?;
        self.is_in_turn(id)?;
        if self.actor(id).life == Life::Unstarted {
            self.may_start(id)?;
        }
        let scope = self.scope(scope_id);
        let others = self.has_others(scope);
        // Whether a grace is over that keeps closures from counting is not known before the cancellation is.
        let counts = |child: &ActorId| self.actor(*child).exists() && self.actor(*child).blocks.is_none();
        let perhaps = others && !scope.children.iter().any(counts);
        if id == scope.body && (!others || perhaps) {
            let turn = match scope.cut {
                _ if perhaps && scope.cut.is_some() => LastTurn::Maybe(self.now),
                None if self.due(scope_id, Due::Possibly).is_empty() => LastTurn::No,
                Some(_) if scope.unreported.is_empty() => LastTurn::Yes,
                _ => LastTurn::Maybe(self.now),
            };
            self.scope_mut(scope_id).last_turn = turn;
        }
        if last {
            self.daemons_were_last(scope_id);
        }
        let actor = self.actor_mut(id);
        actor.life = Life::Live;
        (actor.woken, actor.nudged, actor.woken_at) = (false, false, None);
        actor.nudged_at = None;
        actor.passed_by.clear();
        self.polling.push(id);
        Ok(())
    }

    /// A child that has ended is freed before another is polled.
    fn no_member_lingers(&self, scope: ScopeId) -> Rule {
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
                let other_actor = self.actor(*other);
                // When a grace is over the contract does not say which comes first.
                let runs = other_actor.blocks.is_some();
                ensure!(!other_actor.exists() || runs, "{other:?} is still there");
            }
            return Ok(());
        }
        let elsewhere = actor.is_parallel();
        ensure!(
            scope.cut.is_none() || elsewhere || self.may_run_on(id),
            "its scope is cancelled"
        );
        if id == scope.body {
            return Ok(());
        }
        let taken = self.places_taken(actor.scope);
        ensure!(
            actor.admitted || scope.limit.is_none_or(|limit| taken < limit),
            "{taken} places are taken already"
        );
        let earlier = scope.children.iter().take_while(|child| **child != id);
        // An actor that a scope turns away when it yields goes to the end of its queue.
        let in_turn = |actor: &Actor| !actor.is_parallel() && !actor.admitted && !self.yields_early;
        for earlier in earlier.filter(|_| in_turn(actor)) {
            let waits = self.actor(*earlier).life == Life::Unstarted && in_turn(self.actor(*earlier));
            ensure!(!waits, "{earlier:?} was spawned earlier and has not started");
        }
        Ok(())
    }

    pub(super) fn ended(&mut self, id: ActorId, how: How) -> Rule {
        ensure!(self.polling.pop() == Some(id), "another actor was being polled");
        let actor = self.actor(id);
        let by_script = match how {
            How::Panicked(origin) if actor.panics_with == Some(origin) => true,
            _ if actor.panics_with.is_some() => false,
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
            // Spawning on a cancelled scope drops the future.
            How::Panicked(Origin::Destructor(child)) => self.actors.get(&child).is_some_and(|child| child.late),
            How::Panicked(_) => false,
        };
        ensure!(by_script, "its script ends otherwise");
        self.actor_mut(id).life = Life::Ended(how);
        self.was_polled(id, true);
        Ok(())
    }
}
