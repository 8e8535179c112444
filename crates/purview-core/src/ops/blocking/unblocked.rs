use std::{
    fmt,
    panic::{Location, RefUnwindSafe, UnwindSafe},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::closure::{Call, Closure, Ended};
use crate::{
    context,
    inspect::{self, WaitsFor},
    ops::{Cancelled, ambient_runtime, cancelled},
    panic::{FirstPanic, expect_panics},
    runtime::{RuntimeChoice, give_to_pool},
    sync::Exclusive,
    tree::Hold,
};

/// Runs a closure that may block on the blocking pool of the runtime that serves here, and gives what it returns.
///
/// For one blocking call in the middle of async code, in a scope or outside any. Where it should be a child that can be
/// cancelled, is given a token, and is counted by the scope, use [`Scope::spawn_blocking`](crate::Scope::spawn_blocking).
/// As Python's `asyncio.to_thread` and trio's `to_thread.run_sync`.
///
/// The closure is given to the pool at the first poll. **While it runs, the task that awaits it holds**: when its scope is
/// cancelled it is polled until the closure has ended, within the grace of the scopes around; after the grace the task
/// is dropped, and the scopes still wait for the closure. A closure that the pool has not started is skipped then.
/// [`abandon`](Unblocked::abandon) turns that off.
///
/// **Dropping the future** before the closure has started skips it. One that runs cannot be stopped: it keeps running,
/// and its value is dropped.
///
/// Inside the closure, [`current`](crate::current), [`deadline`](fn@crate::deadline) and context values are those of the
/// caller, and [`block_on`](crate::block_on) and [`CancelToken::wait`](crate::CancelToken) may be called.
///
/// # Panics
///
/// With the payload of the closure's panic. Where the runtime has no pool, or has been shut down, with a message that says
/// so: for the embedded runtime the feature `blocking` makes one. When polled again after it has completed.
///
/// # Cancel safety
///
/// Not cancel-safe: dropping it loses the value. Poll it by reference to keep it.
///
/// # Examples
///
/// ```no_run
/// # use purview_core as purview;
/// # async fn hash(path: &'static str) -> std::io::Result<usize> {
/// let bytes = purview::spawn_blocking(move || std::fs::read(path)).await?;
/// # Ok(bytes.len()) }
/// ```
#[track_caller]
pub fn spawn_blocking<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Unblocked<T> {
    Unblocked {
        call: Exclusive::new(Some(Box::new(f))),
        stage: Stage::New,
        abandons: false,
        told: cancelled(),
        hold: Hold::default(),
        fallback: None,
        caller: Location::caller(),
    }
}

/// The future of [`spawn_blocking`](fn@crate::spawn_blocking).
#[must_use = "the closure is not started until the future is awaited"]
pub struct Unblocked<T> {
    /// Until the first poll.
    call: Exclusive<Option<Call<T>>>,
    stage: Stage<T>,
    abandons: bool,
    told: Cancelled,
    hold: Hold,
    fallback: Option<RuntimeChoice>,
    caller: &'static Location<'static>,
}

enum Stage<T> {
    New,
    /// The pool has the closure.
    Given(Arc<Closure<T>>),
    /// It was cancelled, and the closure never started or has unwound: there is no value to come.
    Skipped,
    Done,
}

impl<T> Unblocked<T> {
    /// Does not wait for a closure that runs: once this future is dropped or cancelled, its scope no longer waits for it.
    ///
    /// It then keeps running by itself, and its value is dropped. For calls that may hang, such as a name lookup. As
    /// trio's `abandon_on_cancel=True`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # use purview_core as purview;
    /// # use std::{io, net::ToSocketAddrs, time::Duration};
    /// # async fn f() -> Result<(), purview::DeadlineExceeded> {
    /// let lookup = purview::spawn_blocking(|| "example.org:80".to_socket_addrs()).abandon();
    /// let found = purview::timeout(Duration::from_secs(1), lookup).await?; // in a second, whatever the resolver does
    /// # Ok(()) }
    /// ```
    pub fn abandon(mut self) -> Self {
        self.abandons = true;
        self
    }

    /// For facades: the runtime to use outside any scope.
    #[doc(hidden)]
    pub fn or_runtime(mut self, choose: RuntimeChoice) -> Self {
        self.fallback = Some(choose);
        self
    }
}

impl<T> Unpin for Unblocked<T> {}

// A panic in the closure leaves it usable: what is shared with the pool is a value or a panic, and nothing in between.
impl<T> UnwindSafe for Unblocked<T> {}
impl<T> RefUnwindSafe for Unblocked<T> {}

impl<T: Send + 'static> Future for Unblocked<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let _expected = expect_panics();
        let this = self.get_mut();
        match this.stage {
            Stage::New | Stage::Given(_) => {}
            Stage::Skipped => return Poll::Pending,
            Stage::Done => panic!(
                "the `spawn_blocking` at {} must not be polled after it has completed",
                this.caller
            ),
        }
        let waiting = if this.abandons { None } else { context::task() };
        this.hold.take(waiting.clone());
        if let Some(call) = this.call.get_mut().take() {
            let closure = Closure::new(call, waiting);
            this.stage = Stage::Given(closure.clone());
            give_to_pool(&closure, &*ambient_runtime(this.fallback));
        }
        let Stage::Given(closure) = &this.stage else {
            return Poll::Pending;
        };
        if let Poll::Ready(ended) = closure.stage.poll(cx) {
            this.hold.release();
            // It may not have been polled since it was woken, and holds until it is.
            this.told = cancelled();
            this.stage = Stage::Done;
            match ended {
                Ended::Returned(value) => return Poll::Ready(value),
                Ended::Panicked(panic) => panic.resume(),
                Ended::Unwound => {
                    this.stage = Stage::Skipped;
                    return Poll::Pending;
                }
                Ended::Lost(why) => panic!("`spawn_blocking` at {}: {why}", this.caller),
            }
        }
        inspect::waits(|| WaitsFor::Closure);
        // It is told, so that a closure which has not started is skipped, and the task is released.
        if !this.abandons && Pin::new(&mut this.told).poll(cx).is_ready() {
            if let Some(skipped) = closure.stage.skip() {
                this.stage = Stage::Skipped;
                this.hold.release();
                drop(skipped);
            }
        }
        Poll::Pending
    }
}

impl<T> Drop for Unblocked<T> {
    fn drop(&mut self) {
        let mut panicked = FirstPanic::default();
        panicked.run(|| drop(self.call.get_mut().take()));
        if let Stage::Given(closure) = &self.stage {
            panicked.run(|| drop(closure.stage.abandon()));
        }
        panicked.run(|| self.hold.release());
        panicked.resume_if_expected();
    }
}

impl<T> fmt::Debug for Unblocked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unblocked")
            .field("given", &!matches!(self.stage, Stage::New))
            .field("abandons", &self.abandons)
            .finish_non_exhaustive()
    }
}
