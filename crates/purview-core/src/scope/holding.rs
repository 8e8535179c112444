//! How many in a scope hold: while one does, so does the task that the scope runs in.

use super::state::State;
use crate::sync::atomic::Ordering;

/// One that holds, in [`State::holding`].
const ONE: isize = 2;
/// The scope has been polled, and knows what is around it.
const LINKED: isize = 1;

impl State {
    /// From now on whoever holds first, and lets go last, tells the task around; those before are told of here.
    pub(super) fn begin_to_hold(&self) {
        if self.holding.fetch_or(LINKED, Ordering::AcqRel) >= ONE {
            self.hold_outer();
        }
    }

    /// One more task in this scope holds; the first one makes the task that the scope runs in hold too.
    pub(crate) fn hold(&self) {
        let before = self.holding.fetch_add(ONE, Ordering::AcqRel);
        // Seeded: the task around is told also where the first poll is about to count.
        if before == LINKED || cfg!(purview_seeded_bug = "hold-in-the-first-poll") && before == 0 {
            self.hold_outer();
        }
    }

    pub(crate) fn let_go(&self) {
        if self.holding.fetch_sub(ONE, Ordering::AcqRel) == LINKED + ONE {
            if let Some(link) = self.outer() {
                link.frame.let_go(false);
            }
        }
    }

    fn hold_outer(&self) {
        if let Some(link) = self.outer() {
            link.frame.hold(false);
        }
    }
}
