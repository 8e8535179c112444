//! How long what holds is waited for, once a scope or a gather is cut.

use super::{
    engine::{Engine, Members},
    stage::Stage,
};
use crate::{
    cancel::CancelReason,
    time::{Duration, Instant},
    tree::Grace,
    wake::part,
};

impl Engine {
    /// When a grace ends, here or in a scope around, it ends for the whole subtree; the finalizers in it share one more.
    pub(super) fn end_grace<M: Members>(&mut self, members: &mut M) {
        if self.node.signal().take(part::GRACE) {
            if self.is_running() {
                let reason = self.node.reason().cloned().unwrap_or(CancelReason::Parent);
                self.stopped_by_others = true;
                self.cut(&reason, members);
            }
            if let Stage::Cut {
                grace: Grace::Holds,
                until,
                ..
            } = self.stage
            {
                // Its own grace still counts where it is shorter.
                let until = until.zip(self.grace).and_then(|(until, more)| until.checked_add(more));
                self.enter_grace(Grace::Finalizers, until, members);
            }
        }
        let Stage::Cut {
            grace,
            until: Some(until),
            ..
        } = self.stage
        else {
            return;
        };
        if until > self.now() {
            return;
        }
        match (grace, self.grace) {
            (Grace::Holds, Some(more)) => self.enter_grace(Grace::Finalizers, until.checked_add(more), members),
            _ => self.enter_grace(Grace::Over, None, members),
        }
    }

    /// Enters the next grace, or none.
    pub(crate) fn enter_grace<M: Members>(&mut self, grace: Grace, until: Option<Instant>, members: &mut M) {
        let Stage::Cut { reason, .. } = &self.stage else { return };
        let reason = reason.clone();
        self.stage = Stage::Cut {
            reason: reason.clone(),
            grace,
            until,
        };
        let node = self.node.clone();
        node.set_grace(grace);
        node.note_grace(until);
        self.panicked.run(|| node.node().end_grace());
        members.cut(self, &reason);
    }

    /// A grace that was given from outside ends at `at`: a scope that still runs is cut for `reason`, and its finalizers
    /// have `more`.
    pub(crate) fn bound_grace<M: Members>(
        &mut self,
        reason: &CancelReason,
        at: Instant,
        more: Duration,
        members: &mut M,
    ) {
        let grace = if more.is_zero() { Grace::Over } else { Grace::Finalizers };
        let end = if more.is_zero() { None } else { at.checked_add(more) };
        match &mut self.stage {
            Stage::Running => {
                self.fire(reason, grace, end);
                members.cut(self, reason);
                let node = self.node.clone();
                self.panicked.run(|| node.node().end_grace());
            }
            Stage::Cut {
                grace: Grace::Holds, ..
            } => self.enter_grace(grace, end, members),
            Stage::Cut {
                grace: Grace::Finalizers,
                until,
                ..
            } => {
                if grace == Grace::Over {
                    self.enter_grace(grace, None, members);
                } else {
                    *until = until.map_or(end, |until| end.map(|end| end.min(until)).or(Some(until)));
                }
            }
            Stage::New | Stage::Cut { .. } | Stage::Ended { .. } => {}
        }
    }
}
