use std::{
    pin::Pin,
    time::{Duration, Instant},
};

use async_std::task;
use purview_core::{BoxFuture, SpawnError, Spawner, Timer};

/// Some systems' event queues refuse a wait of centuries as invalid. A timer that is early is asked again.
const FAR_FUTURE: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// async-std as Purview sees it: [`Timer`] and [`Spawner`].
///
/// Its executor starts when it is first given work, with a thread for each core or as many as the environment variable
/// `ASYNC_STD_THREAD_COUNT` says. Blocking closures have threads of their own.
///
/// # Examples
///
/// ```
/// use purview_async_std::AsyncStd;
/// use purview_core::{Spawner, Timer};
///
/// async_std::task::block_on(async {
///     let (tx, rx) = async_std::channel::bounded(1);
///     AsyncStd.spawn(Box::pin(async move { tx.send("from async-std").await.unwrap() }))?;
///     assert_eq!(rx.recv().await, Ok("from async-std"));
///     AsyncStd.sleep_until(AsyncStd.now() + std::time::Duration::from_millis(1)).await;
///     Ok::<_, purview_core::SpawnError>(())
/// })?;
/// # Ok::<_, purview_core::SpawnError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct AsyncStd;

impl AsyncStd {
    /// The process's async-std; the same as writing `AsyncStd`.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_async_std::AsyncStd;
    ///
    /// assert_eq!(format!("{:?}", AsyncStd::new()), format!("{AsyncStd:?}"));
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self
    }

    /// Whether async-std is running a task on this thread, so that blocking it would stall others. For facades.
    #[doc(hidden)]
    pub fn drives_this_thread() -> bool {
        task::try_current().is_some()
    }
}

impl Timer for AsyncStd {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let timer = async_io::Timer::at(at.min(Instant::now() + FAR_FUTURE));
        Box::pin(async move {
            timer.await;
        })
    }
}

impl Spawner for AsyncStd {
    fn spawn(&self, fut: BoxFuture) -> Result<(), SpawnError> {
        drop(task::spawn(fut));
        Ok(())
    }

    fn spawn_blocking(&self, f: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        drop(task::spawn_blocking(f));
        Ok(())
    }
}

const _: fn() = || {
    fn is<T: Send + Sync + Unpin + Copy + 'static>() {}
    is::<AsyncStd>();
};
