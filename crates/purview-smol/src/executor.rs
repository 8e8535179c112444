use std::{fmt, pin::Pin, sync::Arc, time::Instant};

use purview_core::{BoxFuture, SpawnError, Spawner, Timer};

use crate::{Smol, sleep::sleep_until};

/// An executor of your own: parallel children run wherever you run it.
///
/// Made by [`Smol::on`]. Timers and blocking closures are those of [`Smol`].
///
/// It keeps the executor alive, but does not run it. An executor that is not run cannot be told from a slow one: what
/// is spawned on it waits. When the last handle to the executor is dropped, so is every future in it.
#[derive(Clone)]
pub struct SmolExecutor {
    executor: Arc<smol::Executor<'static>>,
}

impl SmolExecutor {
    /// The executor.
    pub fn executor(&self) -> &Arc<smol::Executor<'static>> {
        &self.executor
    }
}

impl From<Arc<smol::Executor<'static>>> for SmolExecutor {
    fn from(executor: Arc<smol::Executor<'static>>) -> Self {
        Self { executor }
    }
}

impl Timer for SmolExecutor {
    fn now(&self) -> Instant {
        Smol.now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        sleep_until(at)
    }
}

impl Spawner for SmolExecutor {
    fn spawn(&self, fut: BoxFuture) -> Result<(), SpawnError> {
        self.executor.spawn(fut).detach();
        Ok(())
    }

    fn spawn_blocking(&self, f: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        Smol.spawn_blocking(f)
    }
}

impl fmt::Debug for SmolExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmolExecutor").finish_non_exhaustive()
    }
}

const _: fn() = || {
    fn is<T: Send + Sync + Unpin + Clone + 'static>() {}
    is::<SmolExecutor>();
};
