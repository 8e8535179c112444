//! The virtual runtime as what a scope asks of an executor.

use std::pin::Pin;

use purview_core::{BoxFuture, SpawnError, Spawner, Timer, runtime::Instant};

use super::{VirtualRuntime, drive, task::Work, timers::Sleep};

impl Timer for VirtualRuntime {
    fn now(&self) -> Instant {
        self.instant()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(Sleep::new(&self.shared, at))
    }
}

impl Spawner for VirtualRuntime {
    fn spawn(&self, fut: BoxFuture) -> Result<(), SpawnError> {
        self.admit(Work::Future(Some(fut)))
    }

    fn spawn_blocking(&self, f: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        self.admit(Work::Closure(f))
    }
}

impl VirtualRuntime {
    pub(super) fn admit(&self, work: Work) -> Result<(), SpawnError> {
        match self.shared.admit(work) {
            Ok(_) => Ok(()),
            Err(refused) => {
                drive::discard(refused);
                Err(SpawnError::new("the virtual runtime has been shut down"))
            }
        }
    }
}
