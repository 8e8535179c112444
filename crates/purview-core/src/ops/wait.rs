//! Waiting for a token on a thread that may block.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

use event_listener::{Event, Listener};

use crate::{
    cancel::{CancelReason, CancelToken},
    context,
    time::{Duration, Instant},
};

impl CancelToken {
    /// Blocks this thread until the token is cancelled, and says why: for blocking closures and for threads of your own.
    ///
    /// The thread sleeps meanwhile. In an async task `.cancelled().await` does the same without blocking. Not available on
    /// wasm, which cannot block.
    ///
    /// # Panics
    ///
    /// Inside a task of a scope, where it would keep the thread from everything else that is to be polled on it: as
    /// [`block_on`](crate::block_on). In a closure of [`spawn_blocking`](fn@crate::spawn_blocking) it may be called. A
    /// thread of an executor cannot be recognised outside a scope; there it blocks.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{CancelReason, CancelToken};
    ///
    /// let stop = CancelToken::new();
    /// let watcher = std::thread::spawn({
    ///     let stop = stop.clone();
    ///     move || stop.wait()
    /// });
    /// stop.cancel_with("the file is complete");
    /// assert_eq!(watcher.join().unwrap().to_string(), "cancelled on request: the file is complete");
    /// ```
    #[track_caller]
    pub fn wait(&self) -> CancelReason {
        refuse_in_a_task("wait");
        self.block_until(None)
            .expect("without a bound the wait ends with the cancellation")
    }

    /// As [`wait`](Self::wait), for at most `timeout`; `None` when that is over first.
    ///
    /// It counts real time, also under a virtual clock, because the thread really sleeps. [`Duration::MAX`], or one too
    /// large for the clock, waits without a bound. For work that is done now and then until it is told to stop:
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::CancelToken;
    /// use std::time::Duration;
    ///
    /// let stop = CancelToken::new();
    /// let mut looks = 0;
    /// while stop.wait_timeout(Duration::from_millis(1)).is_none() {
    ///     looks += 1;
    ///     if looks == 3 {
    ///         stop.cancel();
    ///     }
    /// }
    /// assert_eq!(looks, 3);
    /// ```
    ///
    /// # Panics
    ///
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> Option<CancelReason> {
        refuse_in_a_task("wait_timeout");
        self.block_until(Instant::now().checked_add(timeout))
    }

    fn block_until(&self, until: Option<Instant>) -> Option<CancelReason> {
        let fired = Arc::new(Fired(Event::new()));
        let waker = Waker::from(fired.clone());
        let mut cancelled = pin!(self.cancelled());
        loop {
            // Before the look: a notification between the two is not missed.
            let listener = fired.0.listen();
            if let Poll::Ready(reason) = cancelled.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Some(reason);
            }
            match until {
                None => listener.wait(),
                // One that comes with the end of the time is still seen.
                Some(until) if listener.wait_deadline(until).is_none() => return self.reason(),
                Some(_) => {}
            }
        }
    }
}

#[track_caller]
fn refuse_in_a_task(what: &str) {
    if let Some(task) = context::must_not_block() {
        panic!(
            "`CancelToken::{what}` was called inside the async task `{}`, where it would block everything on this \
             thread: `.cancelled().await` instead, or call it in `spawn_blocking`",
            task.name()
        );
    }
}

/// Wakes the one thread that waits; no waker of a user's is ever in it.
struct Fired(Event);

impl Wake for Fired {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.notify(usize::MAX);
    }
}
