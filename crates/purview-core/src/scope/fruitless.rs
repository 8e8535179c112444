//! How many polls in a row came to nothing, over all scopes that are being polled on this thread.
//!
//! Under tokio a task whose cooperative budget is used up gets `Pending` from everything it polls, and is woken again
//! at once: a set that goes on polling asks all its children on every turn, which is quadratic in their number. Nobody
//! can see the budget from here, but it shows: a long row of `Pending`s. Nested scopes share the count, because they
//! share the budget, and only the outermost begins anew.

use std::cell::Cell;

/// After so many in a row the rest is left to the next poll of the outermost scope.
const ENOUGH: u32 = 32;

thread_local! {
    static POLLS: Cell<u32> = const { Cell::new(0) };
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

pub(crate) fn enough() -> bool {
    POLLS.get() >= ENOUGH
}

pub(crate) fn count() {
    POLLS.set(POLLS.get().saturating_add(1));
}

pub(crate) fn reset() {
    POLLS.set(0);
}

/// A scope that is being polled.
pub(crate) struct Turn(());

pub(crate) fn begin() -> Turn {
    if DEPTH.get() == 0 {
        POLLS.set(0);
    } else if POLLS.get() >= ENOUGH {
        // Every scope that is polled gets somewhere, also one inside another executor's loop inside a child.
        POLLS.set(ENOUGH - 1);
    }
    DEPTH.set(DEPTH.get() + 1);
    Turn(())
}

impl Drop for Turn {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}
