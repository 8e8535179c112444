//! The virtual runtime, whose closures for the blocking pool take turns with its tasks: one thing happens at a time, always.

use std::{pin::Pin, time::Instant};

use purview_core::{BoxFuture, SpawnError, Spawner, Timer};
use purview_test::VirtualRuntime;

use super::closure;
use crate::trace::World;

pub(super) struct OneThread {
    runtime: VirtualRuntime,
    closures_block: bool,
}

impl OneThread {
    pub(super) fn new(world: &World) -> Self {
        Self {
            runtime: world.runtime.clone(),
            closures_block: world.closures_block,
        }
    }
}

impl Timer for OneThread {
    fn now(&self) -> Instant {
        self.runtime.now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.runtime.sleep_until(at)
    }
}

impl Spawner for OneThread {
    fn spawn(&self, future: BoxFuture) -> Result<(), SpawnError> {
        Spawner::spawn(&self.runtime, future)
    }

    fn spawn_blocking(&self, closure: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        if self.closures_block {
            let runtime = self.runtime.clone();
            Spawner::spawn(&self.runtime, Box::pin(closure::run(runtime, closure)))
        } else {
            Spawner::spawn(&self.runtime, Box::pin(async { closure() }))
        }
    }
}
