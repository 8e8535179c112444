//! Executors that a test can put an end to while scopes run in them.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, Weak,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use futures::{executor::LocalPool, task::LocalSpawnExt};
use purview::{AsyncStd, BoxFuture, Embedded, Smol, SpawnError, Spawner, Timer, Tokio};
use purview_test::VirtualRuntime;
use purview_tests::{AnyRuntime, yield_now};

/// An executor, and what a scope sees of it.
pub(crate) struct Host {
    executor: Executor,
    runtime: AnyRuntime,
}

enum Executor {
    Embedded(LocalPool),
    Tokio(tokio::runtime::Runtime),
    Smol(Arc<smol::Executor<'static>>),
    AsyncStd(Arc<Tasks>),
    Virtual(VirtualRuntime),
}

impl Host {
    pub(crate) fn embedded() -> Self {
        Self::new(Executor::Embedded(LocalPool::new()), Arc::new(Embedded))
    }

    pub(crate) fn tokio_current_thread() -> Self {
        Self::tokio(&mut tokio::runtime::Builder::new_current_thread())
    }

    pub(crate) fn tokio_multi_thread() -> Self {
        Self::tokio(tokio::runtime::Builder::new_multi_thread().worker_threads(2))
    }

    fn tokio(builder: &mut tokio::runtime::Builder) -> Self {
        let executor = builder.enable_all().build().expect("a tokio runtime");
        let adapter = Tokio::new(executor.handle().clone());
        Self::new(Executor::Tokio(executor), Arc::new(adapter))
    }

    pub(crate) fn smol() -> Self {
        let executor = Arc::new(smol::Executor::new());
        let adapter = OnSmol(Arc::downgrade(&executor));
        Self::new(Executor::Smol(executor), Arc::new(adapter))
    }

    pub(crate) fn async_std() -> Self {
        let tasks = Arc::new(Tasks::default());
        Self::new(Executor::AsyncStd(tasks.clone()), Arc::new(OnAsyncStd(tasks)))
    }

    pub(crate) fn virtual_runtime() -> Self {
        let executor = VirtualRuntime::new();
        Self::new(Executor::Virtual(executor.clone()), Arc::new(executor))
    }

    fn new(executor: Executor, runtime: AnyRuntime) -> Self {
        Self { executor, runtime }
    }

    /// What to give to a scope, also when the executor is no more.
    pub(crate) fn runtime(&self) -> AnyRuntime {
        self.runtime.clone()
    }

    /// Whether parallel children run on the executor, and not in their scope's task.
    pub(crate) fn takes_futures(&self) -> bool {
        !matches!(self.executor, Executor::Embedded(_))
    }

    /// Has the executor run `future`, detached.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        match &self.executor {
            Executor::Embedded(pool) => pool.spawner().spawn_local(future).expect("a pool that runs"),
            Executor::Tokio(executor) => drop(executor.spawn(future)),
            Executor::Smol(executor) => executor.spawn(future).detach(),
            Executor::AsyncStd(tasks) => assert!(tasks.spawn(future)),
            Executor::Virtual(executor) => executor.spawn(future),
        }
    }

    /// Has the executor run until something has come about.
    pub(crate) fn run_until(&mut self, come_about: impl Fn() -> bool) {
        let until = async {
            while !come_about() {
                yield_now().await;
            }
        };
        match &mut self.executor {
            Executor::Embedded(pool) => pool.run_until(until),
            Executor::Tokio(executor) => executor.block_on(until),
            Executor::Smol(executor) => smol::block_on(executor.run(until)),
            Executor::AsyncStd(_) => {
                while !come_about() {
                    thread::yield_now();
                }
            }
            Executor::Virtual(executor) => executor.block_on(until),
        }
    }

    /// What has time pass, where it does not pass by itself; also when the executor is no more.
    pub(crate) fn clock(&self) -> Box<dyn Fn()> {
        match &self.executor {
            Executor::Virtual(executor) => {
                let clock = executor.clone();
                Box::new(move || clock.advance(Duration::from_millis(1)))
            }
            _ => Box::new(thread::yield_now),
        }
    }

    /// Drops the executor, and with it every future that was spawned on it.
    pub(crate) fn shut_down(self) {
        match self.executor {
            Executor::Embedded(pool) => drop(pool),
            Executor::Tokio(executor) => drop(executor),
            Executor::Smol(executor) => drop(executor),
            Executor::AsyncStd(tasks) => tasks.cancel(),
            Executor::Virtual(executor) => executor.shutdown(),
        }
    }
}

/// An executor of smol's, which it does not keep alive; the adapter that comes with Purview does.
struct OnSmol(Weak<smol::Executor<'static>>);

impl Timer for OnSmol {
    fn now(&self) -> Instant {
        Smol.now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Smol.sleep_until(at)
    }
}

impl Spawner for OnSmol {
    fn spawn(&self, future: BoxFuture) -> Result<(), SpawnError> {
        let executor = self
            .0
            .upgrade()
            .ok_or_else(|| SpawnError::new("the executor was dropped"))?;
        executor.spawn(future).detach();
        Ok(())
    }

    fn spawn_blocking(&self, closure: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        Smol.spawn_blocking(closure)
    }
}

/// async-std's executor lives as long as the process. What was spawned through this can be dropped before.
#[derive(Default)]
struct Tasks {
    handles: Mutex<Vec<async_std::task::JoinHandle<()>>>,
    over: AtomicBool,
}

impl Tasks {
    /// Gives whether it took the future.
    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) -> bool {
        let mut handles = self.lock();
        if self.over.load(SeqCst) {
            drop(handles);
            drop(future);
            return false;
        }
        handles.push(async_std::task::spawn(future));
        true
    }

    fn cancel(&self) {
        let handles = {
            let mut handles = self.lock();
            self.over.store(true, SeqCst);
            std::mem::take(&mut *handles)
        };
        for handle in handles {
            async_std::task::block_on(handle.cancel());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<async_std::task::JoinHandle<()>>> {
        self.handles.lock().expect("no test panics while it holds the tasks")
    }
}

struct OnAsyncStd(Arc<Tasks>);

impl Timer for OnAsyncStd {
    fn now(&self) -> Instant {
        AsyncStd.now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        AsyncStd.sleep_until(at)
    }
}

impl Spawner for OnAsyncStd {
    fn spawn(&self, future: BoxFuture) -> Result<(), SpawnError> {
        let taken = self.0.spawn(future);
        taken
            .then_some(())
            .ok_or_else(|| SpawnError::new("the executor was shut down"))
    }

    fn spawn_blocking(&self, closure: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        AsyncStd.spawn_blocking(closure)
    }
}
