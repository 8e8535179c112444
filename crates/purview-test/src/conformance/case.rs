use std::{
    fmt,
    panic::resume_unwind,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

use purview_core::{Runtime, SpawnError};

use super::{
    given::{Given, not_in_the_caller},
    signal::Signal,
    watch::{CLOSURE, FUTURE, TIMER, Waits, Watch, Watchdog},
};

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
    watch: Watch,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("refuses", &self.refuses)
            .finish_non_exhaustive()
    }
}

/// A test that has not ended after so long hangs, and fails with what it waited for.
///
/// None waits for more than some milliseconds to pass. The rest is for machines that are slow or busy; it is also what each
/// test of an adapter that loses wake-ups takes to fail.
const WATCHDOG: Duration = Duration::from_secs(20);

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

/// [`check`] with another time limit of the watchdog.
pub fn check_within<R, F>(
    patience: Duration,
    make: impl FnOnce() -> R + Send + 'static,
    block_on: impl FnOnce(&R, Test<'_>) + Send + 'static,
    refuses: Refuses,
    test: impl FnOnce(Case) -> F + Send + 'static,
) where
    R: Runtime + 'static,
    F: Future<Output = ()> + 'static,
{
    let watchdog = Watchdog::new();
    let watch = watchdog.watch();
    let tested = thread::spawn(move || {
        let _ended = watch.ended_when_dropped();
        let runtime = Arc::new(make());
        let case = Case {
            runtime: Arc::clone(&runtime) as Arc<dyn Runtime>,
            refuses,
            watch: watch.clone(),
        };
        let run = async move {
            let _over = watch.over_when_dropped();
            test(case).await;
        };
        block_on(&runtime, Box::pin(run));
    });
    watchdog.wait(patience);
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
    /// Says what is waited for, where that is more than one future.
    pub(super) fn waits_for(&self, what: &'static str) -> Waits<'_> {
        self.watch.waits_for(what)
    }

    /// Awaits something, which the watchdog names if it never comes.
    pub(super) async fn wait<T>(&self, what: &'static str, future: impl Future<Output = T>) -> T {
        let _waits = self.watch.waits_for(what);
        future.await
    }

    pub(super) async fn sleep(&self, duration: Duration) {
        self.wait(TIMER, self.runtime.sleep_until(self.runtime.now() + duration))
            .await;
    }

    /// Waits for what a spawned future does.
    pub(super) async fn future_sets(&self, signal: &Signal) {
        self.wait(FUTURE, signal.wait()).await;
    }

    /// Waits for what a closure that may block does.
    pub(super) async fn closure_sets(&self, signal: &Signal) {
        self.wait(CLOSURE, signal.wait()).await;
    }

    /// Spawns a future that must be taken.
    pub(super) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        must_be_taken(self.try_spawn(future), "spawn", "a future");
    }

    pub(super) fn try_spawn(&self, future: impl Future<Output = ()> + Send + 'static) -> Result<(), SpawnError> {
        let (given, fate) = Given::new(&self.watch, future);
        self.runtime.spawn(Box::pin(given)).inspect(|()| fate.taken())
    }

    /// Spawns a closure that must be taken.
    pub(super) fn spawn_blocking(&self, closure: impl FnOnce() + Send + 'static) {
        must_be_taken(
            self.try_spawn_blocking(closure),
            "spawn_blocking",
            "a closure that may block",
        );
    }

    pub(super) fn try_spawn_blocking(&self, closure: impl FnOnce() + Send + 'static) -> Result<(), SpawnError> {
        let returned = Arc::new(AtomicBool::new(false));
        let closure = not_in_the_caller(&self.watch, Arc::clone(&returned), closure);
        let taken = self.runtime.spawn_blocking(closure);
        returned.store(true, Ordering::SeqCst);
        taken
    }

    /// Waits until something comes true that happens by itself; the watchdog bounds it, and says `if_not` then.
    pub(super) async fn eventually(&self, if_not: &'static str, mut is_true: impl FnMut() -> bool) {
        let looking = async {
            while !is_true() {
                let soon = self.runtime.now() + Duration::from_millis(1);
                self.runtime.sleep_until(soon).await;
            }
        };
        self.wait(if_not, looking).await;
    }

    /// Waits until a future that was spawned just now has run; `if_not` is what to think otherwise.
    pub(super) async fn still_runs_futures(&self, if_not: &'static str) {
        let ran = Signal::default();
        let runs = ran.clone();
        self.spawn(async move { runs.set() });
        self.wait(if_not, ran.wait()).await;
    }
}

/// For a runtime that has not declared that it refuses.
pub(super) fn must_be_taken(answer: Result<(), SpawnError>, method: &str, what: &str) {
    if let Err(refused) = answer {
        panic!("`{method}` refused {what}: {refused}. A runtime that does so declares it: `refuses: [{method}]`");
    }
}

/// For a runtime that has declared that it refuses.
pub(super) fn must_be_refused(answer: Result<(), SpawnError>, method: &str, what: &str) -> SpawnError {
    let Err(refused) = answer else {
        panic!("`{method}` took {what}, though the suite was told that it refuses: leave `refuses: [{method}]` out");
    };
    refused
}

/// Polls once, with a waker that does nothing.
pub(super) fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}
