//! What is ready at once, time after time, in a loop that would otherwise never reach the executor.
//!
//! A stream that always has an item, and a wait for an instant in the past, are ready without anything having waited. A
//! loop over such never ends its poll: its siblings, its deadline and the executor have no turn. So one in a row of them
//! yields, as with the cooperative budget of tokio.

use std::{cell::Cell, task::Waker};

use super::pass::STEPS;
#[cfg(loom)]
use crate::sync::LocalCell as _;
use crate::sync::thread_local;

thread_local! {
    static ON_THREAD: Cell<InARow> = const { Cell::new(InARow(0)) };
}

/// How many times in a row something was ready at once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InARow(u32);

impl InARow {
    /// Counts one more.
    pub(crate) fn count(&mut self) {
        self.0 += 1;
    }

    /// Whether the next one is to yield first; it then counts anew.
    #[must_use = "what is ready yields where this is true"]
    pub(crate) fn is_over(&mut self) -> bool {
        let over = self.0 >= STEPS;
        if over {
            self.end();
        }
        over
    }

    /// Something has waited.
    pub(crate) fn end(&mut self) {
        self.0 = 0;
    }

    /// Whether what is ready at once is to yield first, which it does once: it is then woken. Counts on this thread, whatever
    /// it was that came before.
    #[must_use = "what is ready yields where this is true"]
    pub(crate) fn yields(yielded: &mut bool, waker: &Waker) -> bool {
        if *yielded {
            return false;
        }
        let mut row = ON_THREAD.get();
        *yielded = row.is_over();
        row.count();
        ON_THREAD.set(row);
        if *yielded {
            waker.wake_by_ref();
        }
        *yielded
    }

    /// As [`end`](Self::end).
    pub(crate) fn end_on_thread() {
        ON_THREAD.set(Self(0));
    }
}
