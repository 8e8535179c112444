//! What the end of an actor means to its scope, and what the scope resolves to.

use purview_core::CancelReason;

use super::{
    Model, Rule,
    cancel::Due,
    ensure,
    state::{Fate, Maybe, Role},
};
use crate::{
    features::{Feature, on},
    program::{ActorId, Kind, ScopeId},
    trace::{Fail, Origin, Outcome, Seen},
};

struct Stop {
    reason: Option<CancelReason>,
    /// Whether something else than the scope itself stopped work that was under way.
    by_others: Maybe,
}

impl Model<'_> {
    /// An actor's future was dropped: the policy is told.
    pub(super) fn report(&mut self, id: ActorId, fate: Fate) {
        let (scope_id, role) = (self.actor(id).scope, self.actor(id).role);
        let kind = self.scope(scope_id).kind;
        // What it does before it is ready concerns only its starter.
        let unready = self.actor(id).unready;
        let scope = self.scope_mut(scope_id);
        let fail = match fate {
            Fate::Returned => {
                scope.value |= role == Role::Body;
                None
            }
            Fate::Cancelled => None,
            Fate::Failed => Some(Fail::Failed(id)),
            Fate::Panicked(origin) => Some(Fail::Panicked(origin)),
        };
        if let Some(fail) = fail.filter(|_| !unready) {
            let reason = match fail {
                Fail::Failed(_) => CancelReason::Failed,
                Fail::Panicked(_) => CancelReason::Panicked,
            };
            if kind == Kind::Settled && role != Role::Body {
                scope.unclaimed.push((id, fail));
            } else {
                match fail {
                    Fail::Panicked(origin) if kind != Kind::Settled => scope.panics.push(origin),
                    _ => scope.failures.push(fail),
                }
                if role == Role::Finalizer {
                    scope.broke.get_or_insert(reason);
                } else {
                    self.cut(scope_id, vec![reason], Maybe::No);
                }
            }
        }
    }

    /// The scope has looked at the parallel children that have ended.
    pub(super) fn report_parallel(&mut self, scope: ScopeId) {
        for (child, fate) in std::mem::take(&mut self.scope_mut(scope).unreported) {
            self.report(child, fate);
        }
    }

    /// Whether awaiting the task of `child` may give this.
    pub(super) fn joined(&self, child: ActorId, seen: &Seen) -> Rule {
        let fate = self.actor(child).fate;
        let fits = match (fate, seen) {
            (Some(Fate::Returned), Seen::Value(value)) => *value == child,
            (Some(Fate::Failed), Seen::Failed(failed)) => *failed == child,
            (Some(Fate::Panicked(origin)), Seen::Panicked(seen)) => origin == *seen,
            (Some(Fate::Cancelled), Seen::Cancelled(reason)) => self.may_hear(child).contains(reason),
            _ => false,
        };
        ensure!(fits, "its fate was {fate:?}, for {:?}", self.hears(child));
        Ok(())
    }

    /// Whether the scope may resolve to this.
    pub(super) fn resolves(&self, id: ScopeId, outcome: &Outcome) -> Rule {
        let scope = self.scope(id);
        for actor in scope.doomed() {
            ensure!(!self.actor(actor).exists(), "{actor:?} has not been dropped");
        }
        ensure!(!self.outliving(id, Due::Certainly), "a closure in it runs");
        let expected: Vec<Outcome> = self
            .stops(id)
            .into_iter()
            .flat_map(|stop| self.outcomes(id, &stop))
            .collect();
        let fits = |expected: &Outcome| self.normal(id, expected.clone()) == self.normal(id, outcome.clone());
        let panicked = matches!(outcome, Outcome::Panicked(origin) if scope.parallel && scope.panics.contains(origin));
        ensure!(panicked || expected.iter().any(fits), "it must be one of {expected:?}");
        Ok(())
    }

    /// For what the scope may have been stopped, if it was.
    fn stops(&self, id: ScopeId) -> Vec<Stop> {
        let scope = self.scope(id);
        let stop = |reason, by_others| Stop { reason, by_others };
        if let Some(cut) = &scope.cut {
            let reasons = cut.reasons.iter().cloned();
            return reasons.map(|reason| stop(Some(reason), cut.by_others)).collect();
        }
        let due = self
            .due(id, Due::Possibly)
            .into_iter()
            .map(|reason| stop(Some(reason), Maybe::Perhaps));
        std::iter::once(stop(scope.broke.clone(), Maybe::No))
            .chain(due)
            .collect()
    }

    /// What the scope may resolve to when it was stopped so; nothing if it stays pending.
    fn outcomes(&self, id: ScopeId, stop: &Stop) -> Vec<Outcome> {
        let hidden = |by_others: bool| self.outcome(id, stop.reason.clone(), by_others);
        match stop.by_others {
            Maybe::No => hidden(false).into_iter().collect(),
            Maybe::Yes => hidden(true).into_iter().collect(),
            Maybe::Perhaps => [false, true].into_iter().filter_map(hidden).collect(),
        }
    }

    fn outcome(&self, id: ScopeId, stop: Option<CancelReason>, by_others: bool) -> Option<Outcome> {
        let scope = self.scope(id);
        if let Some(origin) = scope.panics.first() {
            return Some(Outcome::Panicked(*origin));
        }
        let failed = |stop: Option<CancelReason>, failures| {
            Some(Outcome::Error {
                reason: stop.unwrap_or(CancelReason::Failed),
                failures,
            })
        };
        match scope.kind {
            Kind::Join if scope.value => Some(Outcome::Value(scope.body)),
            Kind::Join if stop == Some(CancelReason::Parent) && self.was_moved(id) == Maybe::No => None,
            Kind::Join => Some(Outcome::Panicked(Origin::NoValue)),
            Kind::FailFast => {
                let asked_to = if on(Feature::Stopped) {
                    !by_others
                } else {
                    matches!(stop, None | Some(CancelReason::Requested(_)))
                };
                if scope.value && asked_to && scope.failures.is_empty() {
                    return Some(Outcome::Value(scope.body));
                }
                failed(stop, scope.failures.clone())
            }
            Kind::Settled => {
                let unclaimed = scope.unclaimed.iter().filter(|(child, _)| !self.actor(*child).claimed);
                let failures = scope
                    .failures
                    .iter()
                    .copied()
                    .chain(unclaimed.map(|(_, fail)| *fail))
                    .collect();
                if scope.value {
                    Some(Outcome::Settled {
                        value: scope.body,
                        failures,
                        stopped: stop,
                    })
                } else {
                    failed(stop, failures)
                }
            }
        }
    }

    /// Whether the scope was polled elsewhere since it was cancelled.
    pub(super) fn was_moved(&self, id: ScopeId) -> Maybe {
        self.scope(id).cut.as_ref().map_or(Maybe::No, |cut| cut.moved)
    }

    /// Leaves out in which order failures are reported where the contract does not say.
    fn normal(&self, id: ScopeId, mut outcome: Outcome) -> Outcome {
        let scope = self.scope(id);
        if let Outcome::Settled { failures, .. } | Outcome::Error { failures, .. } = &mut outcome {
            if scope.parallel || scope.kind == Kind::Settled {
                failures.sort();
            }
        }
        outcome
    }
}
