use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Instant,
};

use purview::{BoxFuture, Embedded, SpawnError, Spawner, Timer};

/// A runtime that counts what it is asked for. Its parallel children are refused, so they run in their scope's task.
#[derive(Clone, Default)]
pub(crate) struct Recorder {
    timers: Arc<AtomicUsize>,
    spawned: Arc<AtomicUsize>,
}

impl Recorder {
    pub(crate) fn timers(&self) -> usize {
        self.timers.load(SeqCst)
    }

    pub(crate) fn spawned(&self) -> usize {
        self.spawned.load(SeqCst)
    }
}

impl Timer for Recorder {
    fn now(&self) -> Instant {
        Embedded.now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.timers.fetch_add(1, SeqCst);
        Embedded.sleep_until(at)
    }
}

impl Spawner for Recorder {
    fn spawn(&self, fut: BoxFuture) -> Result<(), SpawnError> {
        self.spawned.fetch_add(1, SeqCst);
        Embedded.spawn(fut)
    }

    fn spawn_blocking(&self, f: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        self.spawned.fetch_add(1, SeqCst);
        Embedded.spawn_blocking(f)
    }
}
