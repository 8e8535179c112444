//! What time it is at a poll, read from the clock as rarely as can be.

use std::cell::Cell;

use super::recorder::{Recorder, is_installed};
use crate::{
    runtime::{Timer, installed},
    time::Instant,
};

/// A pass is under way on this thread, and no recorder has asked what time it is.
const PASS: usize = 1;

thread_local! {
    /// When the last poll on this thread ended, and by which recorder, until something else runs; or, where the clock is read
    /// once in a pass, what it said.
    static LAST: Cell<(usize, u64)> = const { Cell::new((0, 0)) };
}

impl Recorder {
    /// Nanoseconds since it was made, plus one: 0 is no time.
    pub(crate) fn now(&self) -> u64 {
        self.at(clock())
    }

    /// The time at which a scope is opened, or a task is spawned.
    pub(super) fn opens(&self) -> u64 {
        if self.options.times {
            self.now()
        } else {
            self.pass_began()
        }
    }

    /// The time at which a poll begins: that at which the last one ended, where nothing of the user's ran since.
    #[inline]
    pub(super) fn begins(&self) -> u64 {
        if !self.options.times {
            return self.pass_began();
        }
        let (recorder, at) = LAST.try_with(Cell::take).unwrap_or_default();
        if recorder == self.address() { at } else { self.now() }
    }

    /// The time at which a poll ends. After one that is pending nothing of the user's runs before the next.
    #[inline]
    pub(super) fn ends(&self, is_pending: bool) -> u64 {
        if !self.options.times {
            return self.pass_began();
        }
        let now = self.now();
        if is_pending {
            self.keep(now);
        }
        now
    }

    /// About when the pass over the tasks of a scope began: one reading of the clock for all that it does. The time now, if there is
    /// no pass.
    #[inline]
    fn pass_began(&self) -> u64 {
        let (recorder, at) = LAST.try_with(Cell::get).unwrap_or_default();
        if recorder == self.address() {
            return at;
        }
        let now = self.now();
        if recorder == PASS {
            self.keep(now);
        }
        now
    }

    fn keep(&self, now: u64) {
        let _ = LAST.try_with(|last| last.set((self.address(), now)));
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// The same of an instant.
    pub(crate) fn at(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.since);
        // Enough for 584 years, and quicker than in 128 bits.
        let nanos = since.as_secs().saturating_mul(1_000_000_000);
        nanos.saturating_add(u64::from(since.subsec_nanos()) + 1)
    }
}

/// The clock of the test runtime that polls here, else the system's: no runtime of the user's is asked.
pub(crate) fn clock() -> Instant {
    if is_installed() {
        if let Some(runtime) = installed() {
            return runtime.now();
        }
    }
    Instant::now()
}

/// Something of the user's, or of an executor's, has run since the last poll ended, or runs next; and a pass begins or goes
/// on, or there is none.
pub(crate) fn time_passes(is_pass: bool) {
    let _ = LAST.try_with(|last| last.set((if is_pass { PASS } else { 0 }, 0)));
}

/// Observers were called.
pub(super) fn observers_ran() {
    let _ = LAST.try_with(|last| last.set((last.get().0.min(PASS), 0)));
}
