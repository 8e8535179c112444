use std::pin::Pin;

use purview_core::{BoxFuture, SpawnError, Spawner, Timer, runtime::Instant};

/// The default runtime, which needs no executor.
///
/// Its clock is the system's, its timers are `futures-timer`'s (one helper thread for the process), parallel children
/// run in the scope's own task, and blocking closures run on the `blocking` crate's pool of threads. Without the
/// feature `blocking`, and on wasm, there is no pool, and closures are refused.
///
/// # Examples
///
/// ```
/// use purview::{Embedded, Spawner};
///
/// let (tx, rx) = std::sync::mpsc::channel();
/// Embedded.spawn_blocking(Box::new(move || tx.send("from another thread").unwrap()))?;
/// assert_eq!(rx.recv(), Ok("from another thread"));
/// assert!(Embedded.spawn(Box::pin(async {})).is_err()); // no executor
/// # Ok::<_, purview::SpawnError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Embedded;

impl Timer for Embedded {
    fn now(&self) -> Instant {
        purview_core::Embedded.now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        purview_core::Embedded.sleep_until(at)
    }
}

impl Spawner for Embedded {
    fn spawn(&self, fut: BoxFuture) -> Result<(), SpawnError> {
        purview_core::Embedded.spawn(fut)
    }

    fn spawn_blocking(&self, f: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        blocking::unblock(f).detach();
        Ok(())
    }
}
