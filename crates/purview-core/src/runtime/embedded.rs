use std::{
    pin::Pin,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use super::{BoxFuture, Runtime, SpawnError, Spawner, Timer};

/// The default runtime, which needs no executor.
///
/// Its clock is the system's, its timers are `futures-timer`'s (one helper thread for the process), and it has no
/// threads to run work on: parallel children run in the scope's own task, blocking closures are refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct Embedded;

impl Embedded {
    /// The runtime of scopes that name none; kept, so that a scope need not make one.
    pub(crate) fn shared() -> Arc<dyn Runtime> {
        static SHARED: LazyLock<Arc<Embedded>> = LazyLock::new(Arc::default);
        SHARED.clone()
    }
}

/// `futures-timer` adds a delay to the present instant; far beyond any process's life it would overflow.
const FAR_FUTURE: Duration = Duration::from_secs(60 * 60 * 24 * 365);

impl Timer for Embedded {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let delay = at.saturating_duration_since(Instant::now());
        if delay.is_zero() {
            return Box::pin(std::future::ready(()));
        }
        Box::pin(futures_timer::Delay::new(delay.min(FAR_FUTURE)))
    }
}

impl Spawner for Embedded {
    fn spawn(&self, _: BoxFuture) -> Result<(), SpawnError> {
        Err(SpawnError::new("the embedded runtime has no executor"))
    }

    fn spawn_blocking(&self, _: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        Err(SpawnError::new("the embedded runtime has no threads for blocking work"))
    }
}
