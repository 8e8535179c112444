use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake},
};

use crate::{
    context,
    sync::{
        atomic::{AtomicBool, Ordering},
        thread::{self, Thread},
    },
};

/// Runs a future to its end on the calling thread, which sleeps while the future waits.
///
/// For sync code that enters a scope: `main`, tests, threads of a blocking pool.
///
/// # Panics
///
/// Inside a task of a scope, where it would keep the thread from all other tasks that are polled on it, and could wait
/// for one of them for ever. On `wasm32-unknown-unknown` when the future has to wait: a thread there cannot sleep, and
/// the host's event loop has to be returned to.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// assert_eq!(purview::block_on(async { 1 + 1 }), 2);
/// ```
#[track_caller]
pub fn block_on<F: Future>(fut: F) -> F::Output {
    if let Some(task) = context::must_not_block() {
        panic!(
            "`block_on` was called inside the async task `{}`, where it would block all tasks on this thread: `.await` \
             the future instead, or call it in `spawn_blocking`",
            task.name()
        );
    }
    let parker = Arc::new(Parker {
        thread: thread::current(),
        woken: AtomicBool::new(false),
    });
    let waker = parker.clone().into();
    let mut cx = Context::from_waker(&waker);
    let mut fut = pin!(fut);
    loop {
        if let Poll::Ready(output) = fut.as_mut().poll(&mut cx) {
            return output;
        }
        while !parker.woken.swap(false, Ordering::Acquire) {
            sleep_until_unparked();
        }
    }
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
fn sleep_until_unparked() {
    thread::park();
}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
#[track_caller]
fn sleep_until_unparked() {
    panic!(
        "`block_on` cannot wait on this target, where a thread cannot sleep: hand the future to the host's event loop, \
         for example with `wasm_bindgen_futures::spawn_local`"
    );
}

struct Parker {
    thread: Thread,
    /// Other code on this thread may park and unpark too.
    woken: AtomicBool,
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Not a store, which would take the place of another thread's and with it hide what that one has done.
        // Seeded: the second wake relies on the first, and what was done before it is not seen.
        let relaxed = cfg!(purview_seeded_bug = "woken-relaxed").then_some(Ordering::Relaxed);
        if !self.woken.swap(true, relaxed.unwrap_or(Ordering::Release)) {
            self.thread.unpark();
        }
    }
}
