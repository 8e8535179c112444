use std::{
    pin::Pin,
    sync::{Arc, LazyLock},
};

use super::{BoxFuture, Runtime, SpawnError, Spawner, Timer};

use crate::time::{Duration, Instant};

/// The default runtime, which needs no executor.
///
/// Its clock is the system's, its timers are `futures-timer`'s (one helper thread for the process), and it has no
/// threads to run work on: parallel children run in the scope's own task, blocking closures are refused.
///
/// On `wasm32-unknown-unknown` its clock is the host's `performance.now()`, and its timers are `setTimeout`'s.
#[derive(Clone, Copy, Debug, Default)]
pub struct Embedded;

impl Embedded {
    /// The runtime of scopes that name none; kept, so that a scope need not make one.
    pub(crate) fn shared() -> Arc<dyn Runtime> {
        static SHARED: LazyLock<Arc<Embedded>> = LazyLock::new(Arc::default);
        SHARED.clone()
    }
}

/// The longest delay that is handed to `futures-timer`, which adds it to the present instant: beyond any process's life
/// it would overflow.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
const FAR_FUTURE: Duration = Duration::from_secs(60 * 60 * 24 * 365);
/// `setTimeout` keeps its milliseconds in 31 bits. A timer that completes early is asked again.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
const FAR_FUTURE: Duration = Duration::from_millis(i32::MAX as u64 - 1);

/// `setTimeout` is given whole milliseconds; rounded down, it would fire early.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
const ROUNDING: Duration = Duration::from_micros(999);
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
const ROUNDING: Duration = Duration::ZERO;

impl Timer for Embedded {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let delay = at.saturating_duration_since(Instant::now());
        if delay.is_zero() {
            return Box::pin(std::future::ready(()));
        }
        Box::pin(futures_timer::Delay::new(delay.min(FAR_FUTURE) + ROUNDING))
    }
}

impl Spawner for Embedded {
    fn spawn(&self, _: BoxFuture) -> Result<(), SpawnError> {
        Err(SpawnError::new(
            "the embedded runtime has no executor: enable purview's feature for the program's runtime",
        ))
    }

    fn spawn_blocking(&self, _: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        Err(SpawnError::new(if cfg!(target_family = "wasm") {
            "there are no threads for blocking work here: split it into steps, with `checkpoint` between them"
        } else {
            "the embedded runtime has no threads for blocking work: enable purview's feature `blocking`, or that of the \
             program's runtime, or give the scope a runtime that has threads, with `.runtime(..)`"
        }))
    }
}
