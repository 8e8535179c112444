use std::{
    mem,
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll},
};

use super::parallel::{Owner, ParallelFuture, Place};
use crate::{cancel::CancelReason, tree::HoldKind};

/// What the executor is given: polls the future in the slot. The slot is its scope's: an executor that is never run again
/// keeps neither a scope that was dropped, nor through it the runtime, which may be that executor itself.
pub(super) struct Runnable<F: Future>(Weak<ParallelFuture<F>>);

impl<F: Future> Runnable<F> {
    pub(super) fn new(parallel: &Arc<ParallelFuture<F>>) -> Self {
        Self(Arc::downgrade(parallel))
    }
}

impl<F: Future> Future for Runnable<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(parallel) = self.0.upgrade() else {
            return Poll::Ready(());
        };
        let waker = cx.waker().clone();
        let old = {
            let mut slot = parallel.lock();
            // An executor that refuses it, and takes it all the same, has no part in it.
            if slot.owner == Owner::Scope {
                drop(slot);
                self.0 = Weak::new();
                return Poll::Ready(());
            }
            slot.owner = Owner::Executor;
            slot.executor.replace(waker)
        };
        drop(old);
        // The scopes around wait for the end of this poll, also when they have dropped what is in between.
        let task = parallel.task.clone();
        // Seeded: it does not count as elsewhere, and is put back without a look; each of the two alone would be enough to
        // see a cancellation during the poll.
        let is_seeded = cfg!(purview_seeded_bug = "cancelled-during-the-poll");
        if !is_seeded {
            task.hold(HoldKind::Elsewhere);
        }
        let polled = parallel.poll_slot(cx, None);
        if !is_seeded {
            task.let_go(HoldKind::Elsewhere);
        }
        if polled.is_ready() {
            self.0 = Weak::new();
        }
        polled
    }
}

/// The executor drops it, or has finished.
impl<F: Future> Drop for Runnable<F> {
    fn drop(&mut self) {
        let Some(parallel) = self.0.upgrade() else { return };
        let mut member = {
            let mut slot = parallel.lock();
            match slot.owner {
                Owner::Scope => return,
                Owner::Given => {
                    drop(slot);
                    parallel.keep_in_scope();
                    return;
                }
                Owner::Executor => {}
            }
            match mem::replace(&mut slot.place, Place::Polling) {
                Place::Idle(member) => member,
                other => {
                    slot.place = other;
                    return;
                }
            }
        };
        let reason = CancelReason::Requested(Some("the runtime dropped it, as when it shuts down".into()));
        let end = member.as_mut().cut(reason);
        parallel.end(end);
    }
}
