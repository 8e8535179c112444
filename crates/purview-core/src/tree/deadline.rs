use std::task::Waker;

use super::scope_node::{Link, ScopeNode};
use crate::{
    runtime::Timer,
    time::Instant,
    wake::{part, wake_all},
};

impl ScopeNode {
    /// The time of the runtime that serves it.
    pub(crate) fn now(&self) -> Instant {
        self.runtime().now()
    }

    /// A deadline given as a duration counts from the first poll.
    pub(super) fn resolve_deadline(&self) {
        // Some clocks have to be found first; without a duration none is asked.
        if self.lock().bound.is_relative() {
            let now = self.now();
            self.lock().bound.resolve(now);
        }
    }

    /// The scope's own deadline.
    pub(crate) fn own_deadline(&self) -> Option<Instant> {
        self.lock().bound.at()
    }

    /// The earliest deadline of this scope and those around it, up to the next shield.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.own_deadline().into_iter().chain(self.outer_deadline()).min()
    }

    /// The earliest deadline of the scopes around, up to the next shield.
    pub(crate) fn outer_deadline(&self) -> Option<Instant> {
        let own = |link: Link| link.task.scope.own_deadline();
        self.links_in_sight().filter_map(own).min()
    }

    /// Has `waker` woken when the outer deadline is moved, or one of the scopes between is polled elsewhere: then another
    /// deadline may count.
    pub(crate) fn wake_if_moved(&self, waker: &Waker) {
        let outer = self.outer_deadline();
        for Link { task, .. } in self.links_in_sight() {
            let waker = waker.clone();
            let mut cold = task.scope.lock();
            let if_moved = &mut cold.waiting().if_moved;
            let spare = if if_moved.iter().any(|known| known.will_wake(&waker)) {
                Some(waker)
            } else {
                if_moved.push(waker);
                None
            };
            drop(cold);
            drop(spare);
            if task.scope.own_deadline() == outer {
                return;
            }
        }
    }

    /// Whether the scope's own deadline has passed.
    pub(crate) fn is_overdue(&self) -> bool {
        self.own_deadline().is_some_and(|own| own <= self.now())
    }

    /// Whether the scope's own deadline has passed, and is the one to report: an outer one that is not later and has
    /// passed too is.
    pub(crate) fn is_expired(&self) -> bool {
        self.is_overdue() && self.is_the_one_to_report()
    }

    /// Whether no deadline around is to be reported in place of the scope's own.
    pub(crate) fn is_the_one_to_report(&self) -> bool {
        let (own, outer) = (self.own_deadline(), self.outer_deadline());
        own.is_some_and(|own| outer.is_none_or(|outer| own < outer))
    }

    /// What has ended and is only borrowed from reports nothing: another deadline counts for what was polled in it.
    pub(crate) fn forget_deadline(&self) {
        wake_all(self.move_deadline(None));
    }

    /// Gives what is to be woken outside the lock.
    fn move_deadline(&self, at: Option<Instant>) -> Vec<Waker> {
        let mut cold = self.lock();
        cold.bound.set(at);
        cold.take(|waiting| &mut waiting.if_moved)
    }

    /// Gives whether it came in time: not after the cancellation or the end.
    pub(crate) fn set_deadline(&self, at: Option<Instant>) -> bool {
        if self.is_ended() || self.node().reason().is_some() {
            return false;
        }
        let if_moved = self.move_deadline(at);
        self.signal().raise(part::TIMER);
        wake_all(if_moved);
        true
    }
}
