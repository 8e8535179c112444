//! Which actors may be dropped, and in which order.

use purview_core::CancelReason;

use super::{
    Dropped, Model, Rule,
    cancel::Due,
    ensure,
    state::{Fate, LastTurn, Life, Maybe, Role},
};
use crate::{
    program::{ActorId, ScopeId},
    trace::{How, Origin},
};

impl Model<'_> {
    pub(super) fn is_dropped(&mut self, id: ActorId) -> Rule {
        let actor = self.actor(id);
        ensure!(actor.exists(), "it has been dropped already");
        let scope_id = actor.scope;
        let around = self.dropping.last().copied();
        if around.is_some_and(|around| self.has_the_future_of(around, scope_id)) {
            self.in_order(id, |_| true)?;
        } else if actor.is_alive() {
            let refused = self.actor(id).late && (around.is_some() || self.scope(scope_id).over);
            ensure!(
                around.is_none() || refused || self.is_condemned(id, Due::Possibly),
                "it is dropped inside {around:?}"
            );
            let explained = refused || self.explain(id, &|model: &Self| model.is_condemned(id, Due::Possibly));
            ensure!(explained, "there is no reason to drop it: {:?}", self.actor(id).role);
            let actor = self.actor(id);
            if actor.alone.is_none() && !actor.late && actor.was_last.is_none() && !actor.held {
                // The end of a grace further out may be seen later.
                self.in_order(id, |other| {
                    let condemned = self.is_condemned(other, Due::Possibly) && !self.holds(other, Due::Possibly);
                    condemned && !self.actor(other).held
                })?;
            }
        }
        let scope = self.actor(id).scope;
        if self.actor(id).is_daemon() && self.only_daemons_are_left(scope) {
            self.daemons_were_last(scope);
        }
        self.gives_up_start(id);
        self.future_is_dropped(self.nested(id));
        self.dropping.push(Dropped::Actor(id));
        Ok(())
    }

    /// A scope whose future is dropped with something else is cancelled by that.
    pub(super) fn future_is_dropped(&mut self, scope: Option<ScopeId>) {
        if let Some(scope) = scope {
            let reason = CancelReason::Requested(Some("the scope's future was dropped".into()));
            self.cut(scope, vec![reason], Maybe::No);
        }
    }

    /// The body is dropped first, then the newest child, the oldest last.
    fn in_order(&self, id: ActorId, counts: impl Fn(ActorId) -> bool) -> Rule {
        let scope = self.scope(self.actor(id).scope);
        for earlier in scope.doomed().take_while(|other| *other != id) {
            let actor = self.actor(earlier);
            // A finalizer that runs comes before those that wait for it.
            let waits = actor.role == Role::Finalizer && actor.life == Life::Unstarted;
            let runs = self.actor(id).role == Role::Finalizer && self.actor(id).life == Life::Live;
            let comes_first = !(waits && runs)
                && actor.is_alive()
                && actor.blocks.is_none()
                && !actor.late
                && actor.alone.is_none()
                && counts(earlier);
            ensure!(!comes_first, "{earlier:?} comes first");
        }
        Ok(())
    }

    pub(super) fn was_dropped(&mut self, id: ActorId, panic: Option<Origin>) -> Rule {
        let dropping = self.dropping.pop();
        ensure!(
            dropping == Some(Dropped::Actor(id)),
            "what was being dropped is {dropping:?}"
        );
        let own = self.actor(id).bomb.then_some(Origin::Destructor(id));
        self.panics_with(Dropped::Actor(id), self.nested(id), own, panic)?;
        self.goes_on_around(id, panic);
        let refused = self.actor(id).late
            && self
                .polling
                .last()
                .is_some_and(|by| self.actor(*by).scope == self.actor(id).scope);
        // Spawning on a cancelled scope drops the future, and the spawning actor gets the panic.
        let panic = panic.filter(|_| !refused);
        let fate = match (self.actor(id).life, panic) {
            (Life::Ended(How::Panicked(origin)), _) | (_, Some(origin)) => Fate::Panicked(origin),
            (Life::Ended(How::Returned), None) => Fate::Returned,
            (Life::Ended(How::Failed), None) => Fate::Failed,
            (_, None) => Fate::Cancelled,
        };
        if let Some(nested) = self.nested(id) {
            self.future_was_dropped(nested)?;
        }
        self.unlink(id);
        if let Some(group) = self.group_of(id) {
            self.group_is_dropped(group)?;
        }
        let actor = self.actor_mut(id);
        (actor.life, actor.fate) = (Life::Dropped, Some(fate));
        actor.frames.clear();
        self.leave_body_alone(self.actor(id).scope);
        if self.actor(id).is_parallel() && self.polling.is_empty() && self.dropping.is_empty() {
            let scope = self.actor(id).scope;
            self.scope_mut(scope).unreported.push((id, fate));
        } else {
            self.report(id, fate);
        }
        Ok(())
    }

    /// The first panic of a destructor goes on where the scope's future is being dropped.
    fn goes_on_around(&mut self, id: ActorId, panic: Option<Origin>) {
        let scope = self.actor(id).scope;
        let around = self.dropping.last().copied();
        if let (Some(around), Some(panic)) = (around, panic) {
            if self.has_the_future_of(around, scope) {
                self.panics_inside.entry(around).or_default().push(panic);
            }
        }
    }

    /// Whether a destructor may end so, in which the future of `scope` was dropped, if there was one.
    pub(super) fn panics_with(
        &mut self,
        dropped: Dropped,
        scope: Option<ScopeId>,
        own: Option<Origin>,
        panic: Option<Origin>,
    ) -> Rule {
        let mut inside = self.panics_inside.remove(&dropped).unwrap_or_default();
        let mut before = Vec::new();
        if let Dropped::Actor(owner) | Dropped::Inside(owner, _) = dropped {
            before.extend(self.group_of(owner).into_iter().flat_map(|group| self.panics_in(group)));
        }
        match scope.filter(|scope| self.scope(*scope).parallel) {
            // Of a parallel child that had ended the scope may not have told its policy, which is not asked any more.
            Some(scope) => {
                let unreported = std::mem::take(&mut self.scope_mut(scope).unreported);
                before.extend(unreported.into_iter().filter_map(|(_, fate)| match fate {
                    Fate::Panicked(origin) => Some(origin),
                    _ => None,
                }));
            }
            None => inside.truncate(1),
        }
        let else_own = inside.is_empty() && panic == own;
        let fits = else_own || panic.is_some_and(|panic| inside.contains(&panic) || before.contains(&panic));
        ensure!(
            fits,
            "it must panic with one of {inside:?}, or perhaps {before:?}, or else {own:?}"
        );
        Ok(())
    }

    /// A body that holds when the last of the others goes may be given its last turn there and then, and has it without
    /// being polled if nothing woke it.
    pub(super) fn leave_body_alone(&mut self, id: ScopeId) {
        let (now, scope) = (self.now, self.scope(id));
        let others = self.has_others(scope);
        if !others && scope.last_turn == LastTurn::No && self.holds(scope.body, Due::Possibly) {
            self.scope_mut(id).last_turn = LastTurn::Maybe(now);
        }
    }

    pub(super) fn scope_was_dropped(&mut self, id: ScopeId, panic: Option<Origin>) -> Rule {
        let dropping = self.dropping.pop();
        ensure!(
            dropping == Some(Dropped::Scope(id)),
            "what was being dropped is {dropping:?}"
        );
        let quiet = self.polling.is_empty() && panic.is_none();
        // Outside of all tasks the panic goes no further.
        if quiet {
            self.panics_inside.remove(&Dropped::Scope(id));
        } else {
            self.panics_with(Dropped::Scope(id), Some(id), None, panic)?;
        }
        self.dropping.push(Dropped::Scope(id));
        let dropped = self.future_was_dropped(id);
        self.dropping.pop();
        dropped
    }
}
