use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use purview::{BoxFuture, SpawnError, Spawner, Timer};

/// A runtime whose time passes only when the test says so, and which has no executor.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<Mutex<Time>>);

#[derive(Debug)]
struct Time {
    now: Instant,
    created: usize,
    sleepers: BTreeMap<usize, Sleeper>,
}

#[derive(Debug)]
struct Sleeper {
    until: Instant,
    waker: Option<Waker>,
}

impl TestClock {
    /// A clock that stands still.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Time {
            now: Instant::now(),
            created: 0,
            sleepers: BTreeMap::new(),
        })))
    }

    /// Lets `by` pass and wakes the sleepers whose time has come.
    pub fn advance(&self, by: Duration) {
        let woken: Vec<Waker> = {
            let mut time = self.lock();
            time.now += by;
            let now = time.now;
            time.sleepers
                .values_mut()
                .filter(|s| s.until <= now)
                .filter_map(|s| s.waker.take())
                .collect()
        };
        woken.into_iter().for_each(Waker::wake);
    }

    /// How many timers were ever made.
    pub fn timers_created(&self) -> usize {
        self.lock().created
    }

    /// How many timers exist at present.
    pub fn timers_alive(&self) -> usize {
        self.lock().sleepers.len()
    }

    fn lock(&self) -> MutexGuard<'_, Time> {
        self.0.lock().expect("no test panics while it holds the clock")
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Timer for TestClock {
    fn now(&self) -> Instant {
        self.lock().now
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut time = self.lock();
        let id = time.created;
        time.created += 1;
        time.sleepers.insert(id, Sleeper { until: at, waker: None });
        Box::pin(Sleep {
            clock: self.clone(),
            id,
        })
    }
}

impl Spawner for TestClock {
    fn spawn(&self, _: BoxFuture) -> Result<(), SpawnError> {
        Err(SpawnError::new("a test clock has no executor"))
    }

    fn spawn_blocking(&self, _: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        Err(SpawnError::new("a test clock has no threads"))
    }
}

struct Sleep {
    clock: TestClock,
    id: usize,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut time = self.clock.lock();
        let now = time.now;
        let sleeper = time
            .sleepers
            .get_mut(&self.id)
            .expect("a timer lives until it is dropped");
        if sleeper.until <= now {
            return Poll::Ready(());
        }
        sleeper.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.lock().sleepers.remove(&self.id);
    }
}

/// The [`Timer`] of a runtime that has the time of one of its fields.
#[macro_export]
macro_rules! timer_of {
    ($runtime:ty, $field:tt) => {
        impl ::purview::Timer for $runtime {
            fn now(&self) -> ::std::time::Instant {
                ::purview::Timer::now(&self.$field)
            }

            fn sleep_until(&self, at: ::std::time::Instant) -> ::purview::BoxFuture {
                ::purview::Timer::sleep_until(&self.$field, at)
            }
        }
    };
}
