//! A runtime of one's own: `async-executor` for futures, `async-io` for time, the `blocking` crate for closures.

use std::{
    error::Error,
    io,
    pin::Pin,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use async_executor::Executor;
use futures::{FutureExt, channel::oneshot};
use purview_core::{BoxFuture, SpawnError, Spawner, Timer, fail_fast};

/// An executor with threads of its own, which end when its last handle is dropped.
#[derive(Clone, Debug)]
pub struct OwnRuntime {
    executor: Arc<Executor<'static>>,
    /// Dropped with the last handle, and a thread runs only as long as its sender lives.
    _threads: Arc<Vec<oneshot::Sender<()>>>,
}

impl OwnRuntime {
    /// A runtime with so many threads.
    ///
    /// # Errors
    ///
    /// When the system has no more threads.
    pub fn new(threads: usize) -> io::Result<Self> {
        let executor = Arc::new(Executor::new());
        let start = |number| {
            let (running, stopped) = oneshot::channel::<()>();
            let executor = Arc::clone(&executor);
            thread::Builder::new()
                .name(format!("own-{number}"))
                .spawn(move || async_io::block_on(executor.run(stopped)))?;
            Ok(running)
        };
        let threads = (0..threads).map(start).collect::<io::Result<_>>()?;
        Ok(Self {
            executor,
            _threads: Arc::new(threads),
        })
    }
}

// Step 1: the clock. `async-io` takes instants of the system's clock, past and far ones too, and wakes from a thread of
// its own, so timers work wherever they are made and polled.
impl Timer for OwnRuntime {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async_io::Timer::at(at).map(drop))
    }
}

// Step 2: the executor. A `Task` of `async-executor` cancels its future when dropped, hence `detach`. A panic would go
// through `run` and end the thread, hence `catch_unwind`; `a_panicking_future_stops_no_other` fails without it.
impl Spawner for OwnRuntime {
    fn spawn(&self, fut: BoxFuture) -> Result<(), SpawnError> {
        let caught = std::panic::AssertUnwindSafe(fut).catch_unwind();
        self.executor.spawn(caught.map(drop)).detach();
        Ok(())
    }

    fn spawn_blocking(&self, f: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        blocking::unblock(f).detach();
        Ok(())
    }
}

// Step 3: scopes on it.
fn main() -> Result<(), Box<dyn Error>> {
    let runtime = OwnRuntime::new(2)?;
    let scope = fail_fast::<io::Error>()
        .name("sums")
        .timeout(Duration::from_secs(60))
        .runtime(runtime);
    let (sum, lines) = async_io::block_on(scope.run(async |s| {
        let halves = [0..5_000_000_u64, 5_000_000..10_000_000];
        let [low, high] = halves.map(|half| s.spawn_parallel(async { Ok(half.sum::<u64>()) }));
        let file = s.spawn_blocking(|_| std::fs::read_to_string(file!()).or_else(|_| Ok(String::new())));
        Ok((low.await + high.await, file.await.lines().count()))
    }))?;
    println!("the sum is {sum}; this file has {lines} lines");
    Ok(())
}

// Step 4: the suite.
#[cfg(test)]
mod tests {
    use super::OwnRuntime;

    purview_test::conformance!(|| OwnRuntime::new(2).expect("threads can be started"));
}
