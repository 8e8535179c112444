//! What the watchdog of a test is told: what the test waits for, and what went wrong where the test cannot see it.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    time::Duration,
};

pub(super) const FUTURE: &str =
    "a spawned future was not polled to its end: the runtime dropped it, lost a wake-up, or has no thread for it";
pub(super) const DROPPED: &str = "the runtime dropped a spawned future before its end";
pub(super) const CLOSURE: &str = "a closure that may block was not run: the runtime lost it, or has no thread for it";
pub(super) const IN_THE_CALLER: &str =
    "`spawn_blocking` ran the closure in the thread that called it, which a closure that blocks then blocks";
pub(super) const TIMER: &str =
    "a timer did not complete: the runtime lost it, fires it late, or does not wake what awaits it";
const NOTHING: &str = "the test has not continued: a call into the runtime does not return, or `block_on` does not poll the test when it is woken";

/// What a test tells its watchdog.
enum News {
    Broken(&'static str),
    /// The thread has ended, by a panic too.
    Ended,
}

/// The end of a test that the test has.
#[derive(Clone)]
pub(super) struct Watch(Arc<Inner>);

struct Inner {
    waits: Mutex<Begun>,
    news: Sender<News>,
    over: AtomicBool,
}

/// What is waited for, each under a number of its own.
#[derive(Default)]
struct Begun {
    ever: u64,
    now: BTreeMap<u64, &'static str>,
}

/// The end of a test that its watchdog has.
pub(super) struct Watchdog {
    watch: Watch,
    news: Receiver<News>,
}

impl Watchdog {
    pub(super) fn new() -> Self {
        let (sender, news) = mpsc::channel();
        let inner = Inner {
            waits: Mutex::default(),
            news: sender,
            over: AtomicBool::new(false),
        };
        Self {
            watch: Watch(Arc::new(inner)),
            news,
        }
    }

    pub(super) fn watch(&self) -> Watch {
        self.watch.clone()
    }

    /// Waits until the test has ended, however it has.
    ///
    /// # Panics
    ///
    /// With what the runtime did wrong, where the test has seen it or hangs.
    pub(super) fn wait(&self, patience: Duration) {
        match self.news.recv_timeout(patience) {
            Ok(News::Broken(what)) => panic!("{what}"),
            Err(RecvTimeoutError::Timeout) => panic!("{} (waited {patience:?})", self.watch.waited_for()),
            Ok(News::Ended) | Err(RecvTimeoutError::Disconnected) => {}
        }
    }
}

impl Watch {
    /// Says what is waited for, until the guard is dropped.
    pub(super) fn waits_for(&self, what: &'static str) -> Waits<'_> {
        let mut begun = self.lock();
        begun.ever += 1;
        let number = begun.ever;
        begun.now.insert(number, what);
        Waits { watch: self, number }
    }

    /// The test fails at once.
    pub(super) fn broken(&self, what: &'static str) {
        if !self.0.over.load(Ordering::SeqCst) {
            let _ = self.0.news.send(News::Broken(what));
        }
    }

    /// What the runtime does from now on is no business of the test's: it is taken down.
    pub(super) fn over_when_dropped(&self) -> impl Drop + use<> {
        OnDrop(self.clone(), |watch| watch.0.over.store(true, Ordering::SeqCst))
    }

    /// The watchdog need not wait any longer.
    pub(super) fn ended_when_dropped(&self) -> impl Drop + use<> {
        OnDrop(self.clone(), |watch| {
            let _ = watch.0.news.send(News::Ended);
        })
    }

    /// What was waited for last; the end of what was spawned only where nothing in there waits for anything.
    fn waited_for(&self) -> &'static str {
        let begun = self.lock();
        let waits = || begun.now.values().rev().copied();
        let inside = waits().find(|what| ![FUTURE, CLOSURE].contains(what));
        inside.or_else(|| waits().next()).unwrap_or(NOTHING)
    }

    fn lock(&self) -> MutexGuard<'_, Begun> {
        self.0.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watch").field(&self.waited_for()).finish()
    }
}

/// While it lives, the watchdog knows what is waited for.
pub(super) struct Waits<'a> {
    watch: &'a Watch,
    number: u64,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.watch.lock().now.remove(&self.number);
    }
}

struct OnDrop<F: Fn(&Watch)>(Watch, F);

impl<F: Fn(&Watch)> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.1)(&self.0);
    }
}
