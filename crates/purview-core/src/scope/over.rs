//! The scope is over: who waited for that is told, and who comes later finds it so.

use std::task::{Context, Poll};

use super::state::{State, lock};
use crate::{
    cancel::{CancelReason, waiters::wake_all},
    census,
    error::{FirstPanic, no_second_panic},
    sync::atomic::{Ordering, fence},
};

impl State {
    pub(crate) fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// The scope is over: its token fires for whoever still waits, and what can never come is said.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        // Whoever makes the token now sees that, or it is found below.
        fence(Ordering::SeqCst);
        self.forget_stay();
        census::closed(self);
        let stranded = lock(&self.stranded).take_all();
        let stopped = self.take_stopped();
        let mut panicked = FirstPanic::default();
        panicked.run(|| self.signal.close());
        panicked.run(|| drop(stopped));
        if let Some(token) = self.token.get() {
            token.node.forget_owner();
            panicked.run(|| {
                token.node.cancel(CancelReason::Ended);
            });
        }
        panicked.run(|| wake_all(stranded.into_values()));
        panicked.resume();
    }

    /// Waits for the end of the scope, under `key`.
    pub(crate) fn poll_ended(&self, key: &mut Option<u64>, cx: &Context<'_>) -> Poll<()> {
        if self.is_ended() {
            return Poll::Ready(());
        }
        let waker = cx.waker().clone();
        let mut stranded = lock(&self.stranded);
        // Seeded: it has looked just above.
        if self.is_ended() && !cfg!(purview_seeded_bug = "end-waited-for-too-late") {
            return Poll::Ready(());
        }
        let old = stranded.put(key, waker);
        drop(stranded);
        drop(old);
        Poll::Pending
    }

    pub(crate) fn forget_stranded(&self, key: Option<u64>) {
        if key.is_some() {
            let waker = lock(&self.stranded).remove(key);
            no_second_panic(|| drop(waker));
        }
    }
}
