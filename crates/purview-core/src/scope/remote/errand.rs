use std::{
    mem,
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll},
};

use super::{Owner, Place, Remote};
use crate::{cancel::CancelReason, policy::End};

/// What the executor is given: polls the future in the slot. The slot is its scope's: an executor that is never run again
/// keeps neither a scope that is gone, nor through it the runtime, which may be that executor itself.
pub(super) struct Errand<F: Future>(Weak<Remote<F>>);

impl<F: Future> Errand<F> {
    pub(super) fn new(remote: &Arc<Remote<F>>) -> Self {
        Self(Arc::downgrade(remote))
    }
}

impl<F: Future> Future for Errand<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(remote) = self.0.upgrade() else {
            return Poll::Ready(());
        };
        let waker = cx.waker().clone();
        let old = {
            let mut slot = remote.lock();
            // An executor that says that it will not take it, and does, has no part in it.
            if slot.owner == Owner::Scope {
                drop(slot);
                self.0 = Weak::new();
                return Poll::Ready(());
            }
            slot.owner = Owner::Executor;
            slot.executor.replace(waker)
        };
        drop(old);
        let polled = remote.poll_slot(cx, None);
        if polled.is_ready() {
            self.0 = Weak::new();
        }
        polled
    }
}

/// The executor throws it away, or has finished.
impl<F: Future> Drop for Errand<F> {
    fn drop(&mut self) {
        let Some(remote) = self.0.upgrade() else { return };
        let fut = {
            let mut slot = remote.lock();
            match slot.owner {
                Owner::Scope => return,
                Owner::Given => {
                    drop(slot);
                    remote.keep_in_scope();
                    return;
                }
                Owner::Executor => {}
            }
            match mem::replace(&mut slot.place, Place::Polling) {
                Place::Idle(fut) => fut,
                other => {
                    slot.place = other;
                    return;
                }
            }
        };
        let reason = CancelReason::Requested(Some("the runtime dropped it, as when it shuts down".into()));
        remote.end(fut, End::Cancelled(reason));
    }
}
