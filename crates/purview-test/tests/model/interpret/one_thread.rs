//! The virtual runtime, whose closures for the blocking pool run as its tasks: one thing happens at a time, always.

use std::{pin::Pin, time::Instant};

use purview_core::{BoxFuture, SpawnError, Spawner, Timer};
use purview_test::VirtualRuntime;

pub(super) struct OneThread(pub(super) VirtualRuntime);

impl Timer for OneThread {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.sleep_until(at)
    }
}

impl Spawner for OneThread {
    fn spawn(&self, future: BoxFuture) -> Result<(), SpawnError> {
        Spawner::spawn(&self.0, future)
    }

    fn spawn_blocking(&self, closure: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        Spawner::spawn(&self.0, Box::pin(async { closure() }))
    }
}
