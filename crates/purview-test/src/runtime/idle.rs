//! Waiting until all other tasks wait.

use std::{
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll},
};

use super::shared::Shared;

/// A future that completes once every other task waits; made by [`VirtualRuntime::idle`](crate::VirtualRuntime::idle).
#[derive(Debug)]
#[must_use = "futures do nothing until awaited"]
pub struct Idle {
    /// As with a sleep, a waiting task keeps no runtime alive.
    shared: Weak<Shared>,
    waiting: Option<u64>,
}

impl Idle {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        Self {
            shared: Arc::downgrade(shared),
            waiting: None,
        }
    }
}

impl Future for Idle {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // Where there is no runtime there is no other task.
        let Some(shared) = self.shared.upgrade() else {
            return Poll::Ready(());
        };
        let waker = cx.waker().clone();
        let replaced = {
            let mut state = shared.lock();
            match self.waiting {
                // The driver takes the wakers out when the others have come to rest.
                Some(id) if !state.idle.contains_key(&id) => return Poll::Ready(()),
                Some(id) => state.idle.insert(id, waker),
                None => {
                    let id = state.idle_created;
                    state.idle_created += 1;
                    self.waiting = Some(id);
                    state.idle.insert(id, waker)
                }
            }
        };
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        let Some(shared) = self.shared.upgrade() else { return };
        let waiting = self.waiting.and_then(|id| shared.lock().idle.remove(&id));
        drop(waiting);
    }
}
