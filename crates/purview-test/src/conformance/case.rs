use std::{
    fmt,
    panic::resume_unwind,
    pin::Pin,
    sync::{Arc, mpsc},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use purview_core::{Runtime, SpawnError};

use super::signal::Signal;

/// A test of the suite, as a future.
pub type Test<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// What a runtime says it has not got.
#[derive(Clone, Copy, Debug, Default)]
pub struct Refuses {
    /// An executor for futures.
    pub spawn: bool,
    /// Threads that may block.
    pub spawn_blocking: bool,
}

/// The runtime under test.
#[derive(Clone)]
pub struct Case {
    pub(super) runtime: Arc<dyn Runtime>,
    pub(super) refuses: Refuses,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("refuses", &self.refuses)
            .finish_non_exhaustive()
    }
}

/// No test of the suite waits for time to pass, beyond some milliseconds; one that has not ended after so long hangs.
const WATCHDOG: Duration = Duration::from_secs(120);

/// Runs one test of the suite, with a watchdog.
pub fn check<R, F>(
    make: impl FnOnce() -> R + Send + 'static,
    block_on: impl FnOnce(&R, Test<'_>) + Send + 'static,
    refuses: Refuses,
    test: impl FnOnce(Case) -> F + Send + 'static,
) where
    R: Runtime + 'static,
    F: Future<Output = ()> + 'static,
{
    check_within(WATCHDOG, make, block_on, refuses, test);
}

/// [`check`] with a watchdog of another patience.
pub fn check_within<R, F>(
    watchdog: Duration,
    make: impl FnOnce() -> R + Send + 'static,
    block_on: impl FnOnce(&R, Test<'_>) + Send + 'static,
    refuses: Refuses,
    test: impl FnOnce(Case) -> F + Send + 'static,
) where
    R: Runtime + 'static,
    F: Future<Output = ()> + 'static,
{
    let (done, is_done) = mpsc::channel::<()>();
    let tested = thread::spawn(move || {
        let _done = done;
        let runtime = Arc::new(make());
        let case = Case {
            runtime: Arc::clone(&runtime) as Arc<dyn Runtime>,
            refuses,
        };
        block_on(&runtime, Box::pin(test(case)));
    });
    // Nothing is ever sent: the channel closes when the thread ends, by a panic too.
    let waited = is_done.recv_timeout(watchdog);
    assert_ne!(
        waited,
        Err(mpsc::RecvTimeoutError::Timeout),
        "the runtime has not done what the test waits for within {watchdog:?}"
    );
    if let Err(payload) = tested.join() {
        resume_unwind(payload);
    }
}

/// Blocks on a future by parking the thread, for runtimes whose work is driven by threads of their own.
pub fn park<R>(_: &R, mut test: Test<'_>) {
    let waker = Waker::from(Arc::new(Unparks(thread::current())));
    let mut cx = Context::from_waker(&waker);
    while test.as_mut().poll(&mut cx).is_pending() {
        thread::park();
    }
}

struct Unparks(Thread);

impl Wake for Unparks {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Case {
    pub(super) async fn sleep(&self, duration: Duration) {
        self.runtime.sleep_until(self.runtime.now() + duration).await;
    }

    /// Spawns a future that must be taken.
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(Box::pin(future)).expect("the runtime takes futures");
    }

    /// Spawns a closure that must be taken.
    pub(super) fn spawn_blocking(&self, closure: impl FnOnce() + Send + 'static) {
        self.try_spawn_blocking(closure)
            .expect("the runtime takes closures that may block");
    }

    pub(super) fn try_spawn_blocking(&self, closure: impl FnOnce() + Send + 'static) -> Result<(), SpawnError> {
        self.runtime.spawn_blocking(Box::new(closure))
    }

    /// Waits until something comes true that happens by itself; the watchdog bounds it.
    pub(super) async fn eventually(&self, mut is_true: impl FnMut() -> bool) {
        while !is_true() {
            self.sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until a future that was spawned just now has run.
    pub(super) async fn still_runs_futures(&self) {
        let ran = Signal::default();
        let runs = ran.clone();
        self.spawn(async move { runs.set() });
        ran.wait().await;
    }
}

/// Polls once, with a waker that does nothing.
pub(super) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}
