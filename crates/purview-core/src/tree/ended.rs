//! The end of a scope: waiters are told, and what comes later finds it ended.

use std::task::{Context, Poll};

use super::scope_node::{Left, ScopeNode};
use crate::{
    panic::{FirstPanic, no_second_panic},
    wake::wake_all,
};

impl ScopeNode {
    /// The scope has ended: its token fires for all that still wait, and waits for what can never come are told so.
    pub(crate) fn end(&self) {
        let (link, Left { runtime, waiting }) = self.unlink();
        let mut waiting = waiting.map(|waiting| *waiting);
        let waiters = waiting.as_mut().map(|waiting| waiting.for_end.take_all());
        let mut panicked = FirstPanic::default();
        panicked.run(|| {
            self.signal().close();
            drop(waiting);
        });
        // The runtime is the user's code too.
        panicked.run(|| drop(runtime));
        panicked.run(|| self.node().end());
        panicked.run(|| self.spans.end());
        self.node().leave_all();
        // Not before, so that the node above is not the last of a long line: that is left more slowly.
        panicked.run(|| drop(link));
        if let Some(waiters) = waiters {
            panicked.run(|| wake_all(waiters));
        }
        panicked.resume();
    }

    /// Waits for the end of the scope, under `key`.
    pub(crate) fn poll_ended(&self, key: &mut Option<u64>, cx: &Context<'_>) -> Poll<()> {
        if self.is_ended() {
            return Poll::Ready(());
        }
        let waker = cx.waker().clone();
        let mut cold = self.lock();
        // Seeded: it has looked just above.
        if self.is_ended() && !cfg!(purview_seeded_bug = "end-waited-for-too-late") {
            return Poll::Ready(());
        }
        let old = cold.waiting().for_end.put(key, waker);
        drop(cold);
        drop(old);
        Poll::Pending
    }

    pub(crate) fn forget_end_waiter(&self, key: Option<u64>) {
        if key.is_some() {
            let waker = self.lock().forget_end_waiter(key);
            no_second_panic(|| drop(waker));
        }
    }
}
