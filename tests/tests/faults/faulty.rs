//! Runtimes with one thing wrong, around one with nothing wrong.

use std::{
    future::pending,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Waker},
    thread,
    time::{Duration, Instant},
};

use purview::{BoxFuture, SpawnError, Spawner, Timer};
use purview_tests::{AnyRuntime, message_of};

use crate::live::Live;

/// What a timer does with the instant it is given.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Timers {
    Faithful,
    /// Pending for ever.
    Never,
    /// Ready in the first poll, whatever the time.
    Early,
    /// Making one panics.
    Panic,
}

/// What becomes of work that is given to the executor.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    Faithful,
    Refuse,
    /// Refuses, having dropped it or not, with a panic.
    Panic,
    /// Says that it was taken, and drops it.
    Drop,
    /// Says that it was taken, and keeps it for ever without running it.
    Keep,
}

/// A runtime whose clock, timers and executor are as faulty as the test likes.
#[derive(Clone)]
pub(crate) struct Faulty(Arc<Inner>);

struct Inner {
    base: AnyRuntime,
    timers: Timers,
    work: Work,
    /// How far the clock is ahead of that of the base: a day at first, so that it can also go back.
    ahead: Mutex<Duration>,
    kept: Mutex<Kept>,
    live_timers: Live,
}

#[derive(Default)]
struct Kept {
    futures: Vec<BoxFuture>,
    closures: Vec<Box<dyn FnOnce() + Send>>,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Faulty {
    pub(crate) fn new(base: AnyRuntime, timers: Timers, work: Work) -> Self {
        Self(Arc::new(Inner {
            base,
            timers,
            work,
            ahead: Mutex::new(DAY),
            kept: Mutex::default(),
            live_timers: Live::new(),
        }))
    }

    pub(crate) fn with_timers(base: AnyRuntime, timers: Timers) -> Self {
        Self::new(base, timers, Work::Faithful)
    }

    pub(crate) fn with_work(base: AnyRuntime, work: Work) -> Self {
        Self::new(base, Timers::Faithful, work)
    }

    /// The clock jumps; timers that were made before know nothing of it.
    pub(crate) fn jump_ahead(&self, by: Duration) {
        *self.ahead() += by;
    }

    /// The clock jumps back.
    pub(crate) fn jump_back(&self, by: Duration) {
        *self.ahead() -= by;
    }

    /// How many timers were made.
    pub(crate) fn timers_made(&self) -> usize {
        self.0.live_timers.made()
    }

    /// How many timers there are.
    pub(crate) fn timers_alive(&self) -> usize {
        self.0.live_timers.alive()
    }

    /// Has a thread poll what was kept, so many times each, and panic while it has it all on its stack.
    pub(crate) fn panic_on_a_worker(&self, polls: usize) {
        let mut kept = std::mem::take(&mut *self.0.kept.lock().unwrap());
        let worker = thread::spawn(move || {
            let mut cx = Context::from_waker(Waker::noop());
            for future in &mut kept.futures {
                assert!((0..polls).all(|_| future.as_mut().poll(&mut cx).is_pending()));
            }
            let _on_the_stack = kept;
            panic!("the worker panics");
        });
        let payload = worker.join().expect_err("the worker panicked");
        assert_eq!(message_of(&*payload), "the worker panics");
    }

    /// Drops what the executor has kept.
    pub(crate) fn drop_kept(&self) {
        let kept = std::mem::take(&mut *self.0.kept.lock().unwrap());
        drop((kept.futures, kept.closures));
    }

    fn ahead(&self) -> MutexGuard<'_, Duration> {
        self.0.ahead.lock().expect("no test panics while it holds the clock")
    }
}

impl Timer for Faulty {
    fn now(&self) -> Instant {
        let ahead = *self.ahead();
        self.0.base.now() + ahead
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let ahead = *self.ahead();
        let at = at.checked_sub(ahead).unwrap_or(at);
        let value = self.0.live_timers.value();
        let timer: BoxFuture = match self.0.timers {
            Timers::Faithful => self.0.base.sleep_until(at),
            Timers::Never => Box::pin(pending()),
            Timers::Early => Box::pin(async {}),
            Timers::Panic => panic!("no timer today"),
        };
        Box::pin(async move {
            let _value = value;
            timer.await;
        })
    }
}

impl Spawner for Faulty {
    fn spawn(&self, future: BoxFuture) -> Result<(), SpawnError> {
        match self.0.work {
            Work::Faithful => return self.0.base.spawn(future),
            Work::Refuse => return Err(SpawnError::new("the test wants it so")),
            Work::Panic => panic!("no task today"),
            Work::Drop => drop(future),
            Work::Keep => self.0.kept.lock().unwrap().futures.push(future),
        }
        Ok(())
    }

    fn spawn_blocking(&self, closure: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        match self.0.work {
            Work::Faithful => return self.0.base.spawn_blocking(closure),
            Work::Refuse => return Err(SpawnError::new("the test wants it so")),
            Work::Panic => panic!("no thread today"),
            Work::Drop => drop(closure),
            Work::Keep => self.0.kept.lock().unwrap().closures.push(closure),
        }
        Ok(())
    }
}
