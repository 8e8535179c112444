use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, Weak,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Wake, Waker},
    time::Instant,
};

use crate::TestClock;
use purview::{BoxFuture, SpawnError, Spawner, Timer};

/// A runtime that keeps what it is given until the test runs it, drops it, or refuses it.
///
/// Its clock is a [`TestClock`]. Futures are polled by [`run_one`](Self::run_one), on the thread that calls it.
#[derive(Clone, Debug)]
pub struct HandExecutor(Arc<Inner>);

struct Inner {
    clock: TestClock,
    refusing: AtomicBool,
    work: Mutex<Work>,
}

#[derive(Default)]
struct Work {
    jobs: Vec<Arc<Job>>,
    woken: VecDeque<Arc<Job>>,
    closures: VecDeque<Box<dyn FnOnce() + Send>>,
}

struct Job {
    future: Mutex<Option<BoxFuture>>,
    queued: AtomicBool,
    executor: Weak<Inner>,
}

impl HandExecutor {
    /// An executor that has nothing yet.
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            clock: TestClock::new(),
            refusing: AtomicBool::new(false),
            work: Mutex::default(),
        }))
    }

    /// Its clock.
    pub fn clock(&self) -> &TestClock {
        &self.0.clock
    }

    /// From now on nothing is taken.
    pub fn refuse(&self) {
        self.0.refusing.store(true, SeqCst);
    }

    /// How many futures it has that have not ended.
    pub fn futures(&self) -> usize {
        let jobs = self.lock().jobs.clone();
        jobs.iter()
            .filter(|job| job.future.lock().expect("nothing panics while it holds this").is_some())
            .count()
    }

    /// How many closures wait for a thread.
    pub fn closures(&self) -> usize {
        self.lock().closures.len()
    }

    /// Polls the future that was woken first; gives whether there was one.
    pub fn run_one(&self) -> bool {
        let Some(job) = self.lock().woken.pop_front() else {
            return false;
        };
        job.queued.store(false, SeqCst);
        let taken = job.future.lock().expect("nothing panics while it holds this").take();
        let Some(mut future) = taken else { return true };
        let waker = Waker::from(job.clone());
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            *job.future.lock().expect("nothing panics while it holds this") = Some(future);
        }
        true
    }

    /// Polls until no future is woken any more.
    pub fn run(&self) {
        for _ in 0..100_000 {
            if !self.run_one() {
                return;
            }
        }
        panic!("the futures go on waking themselves");
    }

    /// Runs the closure that came first, on this thread.
    pub fn run_closure(&self) {
        let closure = self.lock().closures.pop_front();
        closure.expect("a closure waits")();
    }

    /// Drops what it has, as a runtime that is shut down, and takes nothing more.
    pub fn shut_down(&self) {
        self.refuse();
        let work = std::mem::take(&mut *self.lock());
        for job in work.jobs {
            let future = job.future.lock().expect("nothing panics while it holds this").take();
            drop(future);
        }
        drop(work.closures);
    }

    fn lock(&self) -> MutexGuard<'_, Work> {
        self.0.work.lock().expect("nothing panics while it holds this")
    }
}

impl Default for HandExecutor {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandExecutor").finish_non_exhaustive()
    }
}

impl Timer for HandExecutor {
    fn now(&self) -> Instant {
        self.0.clock.now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.clock.sleep_until(at)
    }
}

impl Spawner for HandExecutor {
    fn spawn(&self, future: BoxFuture) -> Result<(), SpawnError> {
        if self.0.refusing.load(SeqCst) {
            return Err(SpawnError::new("the test wants it so"));
        }
        let job = Arc::new(Job {
            future: Mutex::new(Some(future)),
            queued: AtomicBool::new(true),
            executor: Arc::downgrade(&self.0),
        });
        let mut work = self.lock();
        work.jobs.push(job.clone());
        work.woken.push_back(job);
        Ok(())
    }

    fn spawn_blocking(&self, closure: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        if self.0.refusing.load(SeqCst) {
            return Err(SpawnError::new("the pool is full"));
        }
        self.lock().closures.push_back(closure);
        Ok(())
    }
}

impl Wake for Job {
    fn wake(self: Arc<Self>) {
        if let Some(executor) = self.executor.upgrade() {
            if !self.queued.swap(true, SeqCst) {
                executor
                    .work
                    .lock()
                    .expect("nothing panics while it holds this")
                    .woken
                    .push_back(self);
            }
        }
    }
}
