use crate::time::{Duration, Instant};

/// A scope's own deadline: given as a duration, an instant or both, and one instant from the first poll on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bound {
    timeout: Option<Duration>,
    at: Option<Instant>,
}

impl Bound {
    /// Counts from the first poll of the scope, as trio counts a relative deadline from its entry.
    pub(crate) fn after(&mut self, timeout: Duration) {
        self.timeout = Some(self.timeout.map_or(timeout, |other| other.min(timeout)));
    }

    pub(crate) fn at_instant(&mut self, at: Instant) {
        self.at = Some(self.at.map_or(at, |other| other.min(at)));
    }

    /// Whether there is a duration to turn into an instant.
    pub(crate) fn is_relative(&self) -> bool {
        self.timeout.is_some()
    }

    /// Turns the duration into an instant; one too large for the clock is none.
    pub(crate) fn resolve(&mut self, now: Instant) {
        if let Some(at) = self.timeout.take().and_then(|timeout| now.checked_add(timeout)) {
            self.at_instant(at);
        }
    }

    /// Takes the place of whatever was set before.
    pub(crate) fn set(&mut self, at: Option<Instant>) {
        *self = Self { timeout: None, at };
    }

    pub(crate) fn at(&self) -> Option<Instant> {
        self.at
    }
}
