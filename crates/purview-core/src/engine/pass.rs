//! How much one poll does, over all scopes and gathers that are being polled on this thread.
//!
//! One poll of a scope is a pass. It ends when it has done enough, or after the first child that comes up a second time in
//! it, so that the executor is reached in every round. Under tokio a task whose cooperative budget is used up gets
//! `Pending` from everything it polls, and is woken again at once: a set that keeps polling asks all its children on
//! every pass, which is quadratic in their number. The budget cannot be seen from here, but it shows: a long row of
//! `Pending`s. Nested scopes share that row, because they share the budget, and only the outermost begins anew.

use std::{cell::Cell, num::NonZeroU32, task::Waker};

use super::in_a_row::InARow;
#[cfg(loom)]
use crate::sync::LocalCell as _;
use crate::{context::Env, inspect, sync::thread_local, wake::part};

/// How much a pass does, less what is kept for children that an earlier pass did not reach.
pub(super) const STEPS: u32 = 126;
/// So many `Pending`s in a row end a pass, likewise.
const ROW: u32 = 32;
/// So many polls a scope has in each of its passes, whatever the scopes around have used up of the row: else the last of
/// several scopes would have fewer turns than the others.
const AT_LEAST: u32 = 8;
/// What is kept for children that were passed over.
const SPARE: u32 = 2;

#[derive(Clone, Copy)]
struct Pass {
    number: u32,
    /// What this pass may do yet.
    steps: u32,
    /// How many polls in a row were `Pending`, in this pass and those around.
    row: u32,
    /// How many passes are under way.
    depth: u32,
    /// How many members that were passed over may still be polled although the pass has done enough.
    spare: u32,
    /// A child has come up for the second time, or one was turned away.
    over: bool,
    /// One has come up for the third time: those behind it wait for the next pass, in their order.
    puts_off: bool,
}

thread_local! {
    static PASS: Cell<Pass> = const { Cell::new(Pass { number: 0, steps: 0, row: 0, depth: 0, spare: 0, over: false, puts_off: false }) };
}

/// A pass that is under way; puts back the one around it when dropped.
#[must_use]
pub(crate) struct Running(Pass);

/// Begins a pass, with a number that no earlier pass of the same engine had.
pub(crate) fn begin(number: u32) -> Running {
    let outer = PASS.get();
    let row = match outer.depth {
        0 => {
            // The executor has been reached.
            InARow::end_on_thread();
            0
        }
        // Every scope that is polled gets somewhere, also one inside another executor's loop inside a child.
        _ => outer.row.min(ROW - AT_LEAST),
    };
    PASS.set(Pass {
        number,
        steps: inspect::steps().map_or(STEPS, NonZeroU32::get),
        row,
        depth: outer.depth + 1,
        spare: SPARE,
        over: false,
        puts_off: false,
    });
    Running(outer)
}

impl Drop for Running {
    fn drop(&mut self) {
        inspect::note_pass(self.0.depth > 0);
        PASS.set(Pass {
            row: PASS.get().row,
            ..self.0
        });
    }
}

/// Counts something that was done.
pub(crate) fn count_step() {
    let pass = PASS.get();
    PASS.set(Pass {
        steps: pass.steps.saturating_sub(1),
        ..pass
    });
}

/// How many steps are left.
pub(crate) fn steps() -> u32 {
    PASS.get().steps
}

pub(crate) fn has_no_steps() -> bool {
    PASS.get().steps == 0
}

/// Whether the rest is left to the next pass.
pub(crate) fn is_over() -> bool {
    let pass = PASS.get();
    pass.steps == 0 || pass.over || pass.row >= ROW
}

/// The rest is left to the next pass.
pub(crate) fn end() {
    PASS.set(Pass {
        over: true,
        ..PASS.get()
    });
}

/// Whether those that come up are to wait for the next pass, in their order.
pub(crate) fn puts_off() -> bool {
    PASS.get().puts_off
}

/// A member was polled: how many in a row are pending?
pub(crate) fn count_poll(is_pending: bool) {
    let pass = PASS.get();
    let row = if is_pending { pass.row.saturating_add(1) } else { 0 };
    PASS.set(Pass { row, ..pass });
}

/// Where a member stands among those that are polled in turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turn {
    /// The pass in which it was polled last; 0 before the first.
    number: u32,
    /// It was polled twice in that pass.
    twice: bool,
    /// A pass that had done enough sent it to the end of the queue, unpolled.
    passed_over: bool,
}

/// What becomes of a member that comes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admitted {
    Yes,
    /// It goes to the end of the queue.
    PassedOver,
    /// It waits for the next pass, and so do all behind it.
    PutOff,
}

impl Turn {
    /// Whether a member that comes up in a set may be polled now, or dropped; else it comes up again. One whose scope was
    /// cancelled a moment ago is put off: the scope is cut first, which decides what is polled on.
    pub(crate) fn admits(&mut self, env: &Env, is_to_be_dropped: bool, waker: &Waker) -> bool {
        let scope = env.scope();
        let admitted = if scope.is_some_and(|scope| scope.signal().is_raised(part::CANCEL)) {
            Admitted::PutOff
        } else if is_to_be_dropped {
            // That is no poll of it.
            count_step();
            Admitted::Yes
        } else {
            self.admit()
        };
        match (admitted, scope) {
            (Admitted::Yes, _) => return true,
            (Admitted::PutOff, Some(scope)) => scope.put_off(waker.clone()),
            (Admitted::PassedOver | Admitted::PutOff, _) => waker.wake_by_ref(),
        }
        false
    }

    /// Whether a member that comes up may be polled. One that is passed over loses its place in the queue; it is then let
    /// in by the next pass even where that one has done enough.
    ///
    /// The set may still do a few polls after the first member that came up twice. Those that it comes to are polled,
    /// because they would lose their places, but none a third time: that one and those behind it are put off.
    pub(crate) fn admit(&mut self) -> Admitted {
        let mut pass = PASS.get();
        let again = self.number == pass.number;
        let enough = pass.steps == 0 || pass.row >= ROW;
        let third = again && self.twice;
        let admitted = if enough && !(self.passed_over && pass.spare > 0) {
            Admitted::PassedOver
        } else if third || pass.puts_off {
            Admitted::PutOff
        } else {
            Admitted::Yes
        };
        match admitted {
            Admitted::Yes => {
                pass.spare -= u32::from(enough);
                pass.steps = pass.steps.saturating_sub(1);
                pass.over |= again;
                self.number = pass.number;
                self.twice = again;
                self.passed_over = false;
            }
            Admitted::PassedOver => {
                pass.over = true;
                self.passed_over = true;
            }
            Admitted::PutOff => {
                pass.over = true;
                pass.puts_off = true;
            }
        }
        PASS.set(pass);
        admitted
    }
}
