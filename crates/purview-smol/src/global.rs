use std::{pin::Pin, sync::Arc, thread, time::Instant};

use purview_core::{BoxFuture, SpawnError, Spawner, Timer};

use crate::{SmolExecutor, sleep::sleep_until};

/// smol's global executor as Purview sees it: [`Timer`] and [`Spawner`].
///
/// The executor starts its threads when it is first given work: one, or as many as the environment variable
/// `SMOL_THREADS` says. Timers and blocking closures have threads of their own.
///
/// # Examples
///
/// ```
/// use purview_core::{Spawner, Timer};
/// use purview_smol::Smol;
///
/// smol::block_on(async {
///     let (tx, rx) = smol::channel::bounded(1);
///     Smol.spawn(Box::pin(async move { tx.send("from a thread of smol's").await.unwrap() }))?;
///     assert_eq!(rx.recv().await, Ok("from a thread of smol's"));
///     Smol.sleep_until(Smol.now() + std::time::Duration::from_millis(1)).await;
///     Ok::<_, purview_core::SpawnError>(())
/// })?;
/// # Ok::<_, purview_core::SpawnError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Smol;

impl Smol {
    /// The global executor; the same as writing `Smol`.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_smol::Smol;
    ///
    /// assert_eq!(format!("{:?}", Smol::new()), format!("{Smol:?}"));
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self
    }

    /// An executor of your own instead of the global one.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::Spawner;
    /// use purview_smol::Smol;
    /// use std::sync::Arc;
    ///
    /// let executor = Arc::new(smol::Executor::new());
    /// Smol::on(Arc::clone(&executor)).spawn(Box::pin(async {}))?;
    /// assert!(executor.try_tick()); // running the executor runs the future
    /// # Ok::<_, purview_core::SpawnError>(())
    /// ```
    #[must_use]
    pub fn on(executor: Arc<smol::Executor<'static>>) -> SmolExecutor {
        SmolExecutor::from(executor)
    }

    /// Whether this is a thread of the global executor, so that blocking it would stall tasks. For facades.
    ///
    /// They differ from others by their names only. A thread that runs an executor of the user's own, or is inside
    /// `smol::block_on`, cannot be told.
    #[doc(hidden)]
    pub fn drives_this_thread() -> bool {
        let thread = thread::current();
        let number = thread.name().and_then(|name| name.strip_prefix("smol-"));
        number.is_some_and(|number| number.parse::<usize>().is_ok())
    }
}

impl Timer for Smol {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        sleep_until(at)
    }
}

impl Spawner for Smol {
    fn spawn(&self, fut: BoxFuture) -> Result<(), SpawnError> {
        smol::spawn(fut).detach();
        Ok(())
    }

    fn spawn_blocking(&self, f: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        smol::unblock(f).detach();
        Ok(())
    }
}

const _: fn() = || {
    fn is<T: Send + Sync + Unpin + Copy + 'static>() {}
    is::<Smol>();
};
