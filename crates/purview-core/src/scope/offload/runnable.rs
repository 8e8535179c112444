use std::{
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll},
};

use super::parallel::{Owner, ParallelFuture};
use crate::{cancel::CancelReason, panic::discard, runtime::DROPPED_BY_THE_RUNTIME};

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
                self.0 = Weak::new();
                return Poll::Ready(());
            }
            slot.owner = Owner::Executor;
            slot.executor.replace(waker)
        };
        drop(old);
        let polled = parallel.poll_elsewhere(cx);
        if polled.is_ready() {
            self.0 = Weak::new();
        }
        polled.map(discard)
    }
}

/// The executor drops it, or has finished.
impl<F: Future> Drop for Runnable<F> {
    fn drop(&mut self) {
        let Some(parallel) = self.0.upgrade() else { return };
        let owner = parallel.lock().owner;
        match owner {
            Owner::Scope => {}
            Owner::Given => parallel.keep_in_scope(),
            Owner::Executor => {
                let reason = CancelReason::Requested(Some(DROPPED_BY_THE_RUNTIME.into()));
                discard(parallel.destroy(reason));
            }
        }
    }
}
