use std::{borrow::Cow, fmt, pin::Pin, sync::Arc};

use crate::time::Instant;

/// The futures a [`Spawner`] is given.
pub type BoxFuture = Pin<Box<dyn Future<Output = ()> + Send + 'static>>;

/// A function that picks a runtime where neither the caller nor an enclosing scope named one.
///
/// A facade hands this down, so that there is no global registry.
pub type RuntimeChoice = fn() -> Arc<dyn Runtime>;

/// A clock, and futures that complete when it reaches an instant.
///
/// Both must use the same clock: a runtime whose clock can be paused or virtual returns that clock's time from
/// [`now`](Timer::now).
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// # use purview::{Timer, Embedded};
/// # use std::time::Duration;
/// let clock = Embedded;
/// let wake = clock.now() + Duration::from_millis(1);
/// purview::block_on(clock.sleep_until(wake));
/// assert!(clock.now() >= wake);
/// ```
pub trait Timer: Send + Sync {
    /// The present instant of this clock.
    fn now(&self) -> Instant;
    /// A future that completes once [`now`](Timer::now) has reached `at`; at once if it already has.
    ///
    /// It must not panic when it is created or polled outside the runtime's own threads. Dropping it releases the
    /// timer. One that completes early is asked again; one that never completes delays a deadline until the scope is
    /// next polled for another reason.
    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// Somewhere to run futures and blocking closures that a scope owns but does not poll itself.
pub trait Spawner: Send + Sync {
    /// Runs `fut` to its end on the executor, detached.
    ///
    /// # Errors
    ///
    /// [`SpawnError`] where there is no executor, or it has been shut down; the scope then runs the child in its own
    /// task.
    fn spawn(&self, fut: BoxFuture) -> Result<(), SpawnError>;
    /// As [`spawn`](Spawner::spawn), for an executor whose tasks have names: scopes call this one for parallel children.
    ///
    /// `name` is the child's name and where it was spawned, `import/3 (src/main.rs:12:7)`. It is made when it is formatted.
    /// By default it is not, and the future goes to `spawn`.
    ///
    /// # Errors
    ///
    /// As [`spawn`](Spawner::spawn).
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::{BoxFuture, SpawnError, Spawner};
    ///
    /// /// A thread for each parallel child, which has the child's name.
    /// struct Threads;
    ///
    /// impl Spawner for Threads {
    ///     fn spawn(&self, _: BoxFuture) -> Result<(), SpawnError> {
    ///         Err(SpawnError::new("only what has a name is spawned here"))
    ///     }
    ///
    ///     fn spawn_named(&self, name: &dyn std::fmt::Display, fut: BoxFuture) -> Result<(), SpawnError> {
    ///         let thread = std::thread::Builder::new().name(name.to_string());
    ///         let spawned = thread.spawn(|| purview_core::block_on(fut));
    ///         spawned.map(drop).map_err(|error| SpawnError::new(error.to_string()))
    ///     }
    ///
    ///     fn spawn_blocking(&self, _: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
    ///         Err(SpawnError::new("there are no threads for blocking work"))
    ///     }
    /// }
    /// ```
    fn spawn_named(&self, name: &dyn fmt::Display, fut: BoxFuture) -> Result<(), SpawnError> {
        let _ = name;
        self.spawn(fut)
    }
    /// Runs `f` on a thread that may block.
    ///
    /// # Errors
    ///
    /// [`SpawnError`] where there is no such thread to be had.
    fn spawn_blocking(&self, f: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError>;
}

/// A [`Timer`] and a [`Spawner`]: everything that a scope asks of an executor. Implemented for whatever is both.
pub trait Runtime: Timer + Spawner {}
impl<T: Timer + Spawner + ?Sized> Runtime for T {}

impl fmt::Debug for dyn Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dyn Runtime")
    }
}

impl<T: Timer + ?Sized> Timer for Arc<T> {
    fn now(&self) -> Instant {
        (**self).now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        (**self).sleep_until(at)
    }
}

impl<T: Spawner + ?Sized> Spawner for Arc<T> {
    fn spawn(&self, fut: BoxFuture) -> Result<(), SpawnError> {
        (**self).spawn(fut)
    }

    fn spawn_named(&self, name: &dyn fmt::Display, fut: BoxFuture) -> Result<(), SpawnError> {
        (**self).spawn_named(name, fut)
    }

    fn spawn_blocking(&self, f: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        (**self).spawn_blocking(f)
    }
}

/// The executor refused the work, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error("the runtime cannot take work: {reason}")]
pub struct SpawnError {
    reason: Cow<'static, str>,
}

impl SpawnError {
    /// An error with a reason, in lower case and without a full stop.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let error = purview::SpawnError::new("it has been shut down");
    /// assert_eq!(error.to_string(), "the runtime cannot take work: it has been shut down");
    /// ```
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into() }
    }
}
