use std::{
    fmt,
    future::ready,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::{Context, Poll, Waker},
    time::Instant,
};

use purview_core::{BoxFuture, Embedded, SpawnError, Spawner, Timer};
use tokio::{
    runtime::{Handle, TryCurrentError},
    task::JoinHandle,
};

use crate::{clock::Clock, sleep::sleep_until};

/// A tokio runtime as Purview sees it: [`Timer`] and [`Spawner`].
///
/// A cheap handle: clones refer to the same runtime, and neither keeps it running. Dropping one does nothing.
///
/// # Examples
///
/// ```
/// use purview_core::Timer;
/// use purview_tokio::Tokio;
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() {
///     let runtime = Tokio::current();
///     let an_hour_from_now = runtime.now() + std::time::Duration::from_secs(3600);
///     runtime.sleep_until(an_hour_from_now).await; // at once: the clock is paused, so tokio moves it
///     assert!(runtime.now() >= an_hour_from_now);
/// }
/// ```
pub struct Tokio {
    handle: Handle,
    /// Until it is shared.
    clock: Clock,
    /// Made when it is cloned. Every outermost scope has a handle, and most have no other.
    shared: OnceLock<Arc<Clock>>,
}

impl Tokio {
    /// The runtime behind a handle, to be used from anywhere: inside it, in another runtime, or in none.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_tokio::Tokio;
    ///
    /// let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build()?;
    /// let tokio = Tokio::new(runtime.handle().clone());
    /// # let _ = tokio;
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use]
    pub fn new(handle: Handle) -> Self {
        Self {
            handle,
            clock: Clock::default(),
            shared: OnceLock::new(),
        }
    }

    /// The runtime that the caller is in.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime; [`try_current`](Self::try_current) does not.
    ///
    /// # Examples
    ///
    /// ```should_panic
    /// purview_tokio::Tokio::current(); // in `main`, with no runtime
    /// ```
    #[must_use]
    #[track_caller]
    pub fn current() -> Self {
        match Self::try_current() {
            Ok(tokio) => tokio,
            Err(e) => {
                panic!("`Tokio::current()` needs a tokio runtime around it ({e}); elsewhere use `Tokio::new(handle)`")
            }
        }
    }

    /// The runtime that the caller is in, if any.
    ///
    /// # Errors
    ///
    /// tokio's own error, outside a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(purview_tokio::Tokio::try_current().is_err());
    /// ```
    pub fn try_current() -> Result<Self, TryCurrentError> {
        Handle::try_current().map(Self::new)
    }

    /// Keeps time with Purview's embedded timer instead of tokio's.
    ///
    /// A runtime without a time driver gets it by itself. To find that out tokio has to be asked for a timer, which
    /// answers with a panic; this is for programs whose hook should not see such a panic, or that abort on panic.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::Timer;
    /// use purview_tokio::Tokio;
    ///
    /// let runtime = tokio::runtime::Builder::new_current_thread().build()?; // no `enable_time`
    /// let tokio = Tokio::new(runtime.handle().clone()).with_embedded_timer();
    /// runtime.block_on(tokio.sleep_until(tokio.now() + std::time::Duration::from_millis(1)));
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use]
    pub fn with_embedded_timer(self) -> Self {
        Self {
            clock: Clock::embedded(),
            shared: OnceLock::new(),
            ..self
        }
    }

    /// tokio's handle to the runtime.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Whether tokio is running tasks on this thread, so that blocking it would stall them. For facades.
    ///
    /// tokio says so only by a panic, so finding out costs one. A thread of the blocking pool, one
    /// inside `block_in_place` and one that has merely entered a runtime's context may block.
    #[doc(hidden)]
    pub fn drives_this_thread() -> bool {
        Handle::try_current().is_ok_and(|handle| catch_unwind(AssertUnwindSafe(|| handle.block_on(ready(())))).is_err())
    }

    pub(crate) fn clock(&self) -> &Clock {
        self.shared.get().map_or(&self.clock, |shared| shared)
    }

    fn shared_clock(&self) -> Arc<Clock> {
        self.shared.get_or_init(|| Arc::new(self.clock.copy())).clone()
    }

    /// Runs `f` in the runtime's context, where its clock can be read and its timers made; `None` where the embedded
    /// clock serves.
    fn inside<R>(&self, is_tokio: bool, f: impl FnOnce() -> R) -> Option<R> {
        if !is_tokio {
            return None;
        }
        let _context = match Handle::try_current() {
            Ok(here) if here.id() == self.handle.id() => None,
            // In the destructor of a thread-local. Entering would panic.
            Err(e) if e.is_thread_local_destroyed() => return None,
            _ => Some(self.handle.enter()),
        };
        Some(f())
    }
}

impl Timer for Tokio {
    fn now(&self) -> Instant {
        let can_be_read = self.clock().can_be_read(&self.handle);
        let now = self.inside(can_be_read, || tokio::time::Instant::now().into_std());
        now.unwrap_or_else(|| Embedded.now())
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let is_tokio = self.clock().is_tokio(&self.handle);
        let sleep = self.inside(is_tokio, || sleep_until(at, self.clone()));
        sleep.unwrap_or_else(|| Embedded.sleep_until(at))
    }
}

impl Spawner for Tokio {
    fn spawn(&self, fut: BoxFuture) -> Result<(), SpawnError> {
        refused_if_cancelled(self.handle.spawn(fut))
    }

    #[cfg(all(tokio_unstable, feature = "console"))]
    fn spawn_named(&self, name: &dyn fmt::Display, fut: BoxFuture) -> Result<(), SpawnError> {
        let name = name.to_string();
        // The location that tokio notes is this line, and cannot be given: the child's is in the name.
        let spawned = tokio::task::Builder::new().name(&name).spawn_on(fut, &self.handle);
        refused_if_cancelled(spawned.map_err(|error| SpawnError::new(error.to_string()))?)
    }

    fn spawn_blocking(&self, f: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        // If no thread can be started tokio panics, and leaves the closure in its queue for whichever thread comes
        // later. What was refused must not run, so it is taken back.
        let slot = Arc::new(Mutex::new(Some(f)));
        let take = |slot: &Mutex<Option<_>>| slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        let queued = Arc::clone(&slot);
        let run = move || {
            if let Some(f) = take(&queued) {
                f();
            }
        };
        let Ok(task) = catch_unwind(AssertUnwindSafe(|| self.handle.spawn_blocking(run))) else {
            drop(take(&slot));
            return Err(SpawnError::new("tokio could not start a thread for blocking work"));
        };
        refused_if_cancelled(task)
    }
}

/// A runtime that has been shut down hands out a task that is already cancelled.
fn refused_if_cancelled(task: JoinHandle<()>) -> Result<(), SpawnError> {
    if !task.is_finished() {
        return Ok(());
    }
    match pin!(task).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Err(e)) if e.is_cancelled() => Err(SpawnError::new("the tokio runtime has been shut down")),
        _ => Ok(()),
    }
}

impl Clone for Tokio {
    fn clone(&self) -> Self {
        Self {
            handle: self.handle.clone(),
            clock: Clock::default(),
            shared: self.shared_clock().into(),
        }
    }
}

impl From<Handle> for Tokio {
    fn from(handle: Handle) -> Self {
        Self::new(handle)
    }
}

impl fmt::Debug for Tokio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokio")
            .field("runtime", &self.handle.id())
            .finish_non_exhaustive()
    }
}

const _: fn() = || {
    fn is<T: Send + Sync + 'static>() {}
    is::<Tokio>();
};
