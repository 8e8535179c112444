//! How many in a scope hold: while one does, so does the task that the scope runs in.

use std::sync::atomic::Ordering;

use super::state::State;

impl State {
    /// One more task in this scope holds; the first one makes the task that the scope runs in hold too.
    pub(crate) fn hold(&self) {
        if self.holding.fetch_add(1, Ordering::AcqRel) == 0 {
            self.hold_outer();
        }
    }

    pub(crate) fn let_go(&self) {
        if self.holding.fetch_sub(1, Ordering::AcqRel) == 1 {
            if let Some(link) = self.outer() {
                link.frame.let_go(false);
            }
        }
    }

    pub(super) fn hold_outer(&self) {
        if let Some(link) = self.outer() {
            link.frame.hold(false);
        }
    }
}
