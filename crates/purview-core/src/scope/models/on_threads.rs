use std::{
    future::pending,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::{Context, Waker},
};

use loom::{
    future::block_on,
    sync::atomic::{AtomicUsize, Ordering::AcqRel},
    thread::{self, JoinHandle},
};

use crate::{
    Driver, Scope, Settled,
    runtime::{BoxFuture, SpawnError, Spawner, Timer},
    settled,
    time::Instant,
};

/// A runtime with a thread for each child, on which time stands still.
#[derive(Clone, Default)]
pub(super) struct OnThreads {
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
    begun: Arc<AtomicUsize>,
    shuts_down: bool,
}

impl OnThreads {
    /// It polls each future once and drops it, and runs no closure.
    pub(super) fn shutting_down() -> Self {
        Self {
            shuts_down: true,
            ..Self::default()
        }
    }

    /// A scope that runs its parallel and blocking children here.
    pub(super) fn open(&self) -> (Scope<'static, Settled<()>>, Driver<Settled<()>>) {
        settled().runtime(self.clone()).open()
    }

    /// Waits for its threads. loom does so anyway at the end of a model, and fails it where one would wait for ever.
    pub(super) fn join(&self) {
        let threads = mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            thread.join().unwrap();
        }
    }

    /// From here on its threads may have begun, or not. loom tries two threads in both orders only where both touch one
    /// thing that it sees, and a `Weak` is none.
    pub(super) fn may_have_begun(&self) {
        self.begun.fetch_add(0, AcqRel);
    }

    fn run(&self, f: impl FnOnce() + 'static) {
        let begun = self.begun.clone();
        let thread = thread::spawn(move || {
            begun.fetch_add(1, AcqRel);
            f();
        });
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
    }
}

impl Timer for OnThreads {
    fn now(&self) -> Instant {
        static NOW: OnceLock<Instant> = OnceLock::new();
        *NOW.get_or_init(Instant::now)
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(pending())
    }
}

impl Spawner for OnThreads {
    fn spawn(&self, mut future: BoxFuture) -> Result<(), SpawnError> {
        let shuts_down = self.shuts_down;
        self.run(move || {
            if shuts_down {
                let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            } else {
                block_on(future);
            }
        });
        Ok(())
    }

    fn spawn_blocking(&self, closure: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        let shuts_down = self.shuts_down;
        self.run(move || if shuts_down { drop(closure) } else { closure() });
        Ok(())
    }
}
