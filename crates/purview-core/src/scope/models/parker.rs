//! How `block_on` sleeps and is woken.

use std::{future::poll_fn, sync::Arc, task::Poll};

use loom::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::explore::explore;

#[test]
fn a_blocked_thread_is_woken() {
    explore("the parker of block_on", 5, || {
        let done = Arc::new(AtomicUsize::new(0));
        let mut begun = false;
        // Nothing else to wait for: in loom an unparked thread runs, even where it waits for a lock, or for a thread.
        crate::block_on(poll_fn(|cx| {
            for _ in 0..if begun { 0 } else { 2 } {
                let (waker, done) = (cx.waker().clone(), done.clone());
                thread::spawn(move || {
                    done.fetch_add(1, Ordering::Release);
                    waker.wake();
                });
            }
            begun = true;
            if done.load(Ordering::Acquire) == 2 {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        }));
    });
}
