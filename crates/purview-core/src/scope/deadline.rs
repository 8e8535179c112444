//! The deadline of a scope, its own and those of the scopes around.

use std::time::Instant;

use super::{
    signal::part,
    state::{Link, State, earliest, lock},
};
use crate::{error::TooLate, runtime::Timer};

impl State {
    /// A deadline given as a duration counts from the first poll.
    pub(super) fn resolve_deadline(&self) {
        // Some clocks have to be found first. Who has no use for one is not made to pay for it.
        let is_relative = lock(&self.bound).is_relative();
        if is_relative {
            let now = self.runtime().now();
            lock(&self.bound).resolve(now);
        }
    }

    /// The scope's own deadline.
    pub(crate) fn own_deadline(&self) -> Option<Instant> {
        lock(&self.bound).at()
    }

    /// The earliest deadline of this scope and those around it, up to the next shield.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        earliest(self.own_deadline(), self.outer_deadline())
    }

    /// The earliest deadline of the scopes around, up to the next shield.
    pub(crate) fn outer_deadline(&self) -> Option<Instant> {
        let mut found = None;
        let mut link = self.outer();
        while let Some(Link { frame, shielded: false }) = link {
            found = earliest(found, frame.scope.own_deadline());
            link = frame.scope.outer();
        }
        found
    }

    /// Whether the scope's own deadline has passed.
    pub(crate) fn is_overdue(&self) -> bool {
        self.own_deadline().is_some_and(|own| own <= self.runtime().now())
    }

    /// Whether the scope's own deadline has passed, and is the one to report: an outer one that is not later and has
    /// passed too is.
    pub(crate) fn is_expired(&self) -> bool {
        self.own_deadline()
            .is_some_and(|own| own <= self.runtime().now() && self.outer_deadline().is_none_or(|outer| own < outer))
    }

    pub(crate) fn set_deadline(&self, at: Option<Instant>) -> Result<(), TooLate> {
        if self.is_ended() || self.reason().is_some() {
            return Err(TooLate);
        }
        lock(&self.bound).set(at);
        self.signal.raise(part::ALARM);
        Ok(())
    }
}
