//! A service scope whose driver is not polled: how that is found, and said.

use std::{
    fmt,
    io::{self, Write},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU8, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use purview_core::{RejectReason, Runtime, Scope, Settled, runtime};

/// So long after the first request is said that the driver has not been polled by then.
const PATIENCE: Duration = Duration::from_secs(1);

/// The requests of a service are held up, because the driver of its scope is not polled: see
/// [`on_held_up`](crate::Server::on_held_up). Its `Display` says what to do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HeldUp {
    scope: Option<Arc<str>>,
    driver: Driver,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Driver {
    NotPolled,
    Polled,
    Dropped,
}

impl HeldUp {
    /// The name of the scope, where it has one.
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }
}

impl fmt::Display for HeldUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scope() {
            Some(name) => write!(f, "the scope `{name}` of a service ")?,
            None => f.write_str("the scope of a service ")?,
        }
        if self.driver == Driver::Dropped {
            f.write_str(
                "takes no requests: it was closed, or its driver was dropped, before the driver was polled. Keep the \
                 driver that `open()` returned, and spawn it",
            )
        } else {
            f.write_str(
                "is held up: its first request came a second ago, and its driver has not been polled. No clean-up runs, \
                 and a shutdown does not end. Spawn the driver that `open()` returned in a task of its own",
            )
        }
    }
}

pub(super) type Report = Arc<dyn Fn(&HeldUp) + Send + Sync>;

/// Where nothing else was asked for.
fn to_stderr(held_up: &HeldUp) {
    // Where it is closed there is nothing to say it to.
    let _ = writeln!(io::stderr(), "purview-tower: {held_up}");
}

/// Whether the driver of a scope has been polled, and which runtime serves it.
#[derive(Clone)]
pub(super) struct Watch(Arc<Watched>);

struct Watched {
    driver: AtomicU8,
    asked: AtomicBool,
    runtime: OnceLock<Arc<dyn Runtime>>,
}

impl Watch {
    /// Puts a daemon into the scope, which ends when it is polled: no driver, no poll.
    pub(super) fn new<E: Send + 'static>(scope: &Scope<'static, Settled<E>>) -> (Self, Option<Arc<str>>) {
        let watch = Self(Arc::new(Watched {
            driver: AtomicU8::new(Driver::NotPolled as u8),
            asked: AtomicBool::new(false),
            runtime: OnceLock::new(),
        }));
        let first_poll = FirstPoll(watch.clone());
        let probe = scope.task().daemon().try_spawn(async move {
            first_poll.0.note_runtime();
            first_poll.0.set(Driver::Polled);
            Ok::<(), E>(())
        });
        match probe {
            Ok(task) => {
                let name = task.name().rsplit_once('/').map(|(scope, _)| scope.into());
                (watch, name)
            }
            // What fills its limit may be at work for long.
            Err(rejected) if *rejected.reason() == RejectReason::Full => {
                watch.set(Driver::Polled);
                (watch, None)
            }
            Err(_) => (watch, None),
        }
    }

    /// Something runs in the scope: which runtime serves it is known from now on.
    pub(super) fn note_runtime(&self) {
        if self.0.runtime.get().is_none() {
            // One is as good as another.
            let _ = self.0.runtime.set(runtime::current());
        }
    }

    /// That of the scope, once something has run in it.
    pub(super) fn runtime(&self) -> Arc<dyn Runtime> {
        self.0.runtime.get().cloned().unwrap_or_else(runtime::current)
    }

    /// A request has come. The first one that comes before the driver was polled has it looked for in a second.
    pub(super) fn request(&self, scope: Option<&Arc<str>>, report: Option<&Report>) {
        if self.0.driver.load(Relaxed) == Driver::Polled as u8 || self.0.asked.swap(true, Relaxed) {
            return;
        }
        let (watch, scope, report) = (self.clone(), scope.cloned(), report.cloned());
        let look = move || {
            let Some(driver) = watch.trouble() else { return };
            let held_up = HeldUp { scope, driver };
            match report {
                Some(report) => report(&held_up),
                None => to_stderr(&held_up),
            }
        };
        if self.trouble() == Some(Driver::Dropped) {
            return look();
        }
        let wait = move || {
            thread::sleep(PATIENCE);
            look();
        };
        // Of its own, for no executor is known here. Where there are no threads it is not said.
        drop(thread::Builder::new().name("purview-tower".to_owned()).spawn(wait));
    }

    fn trouble(&self) -> Option<Driver> {
        match self.0.driver.load(Relaxed) {
            driver if driver == Driver::NotPolled as u8 => Some(Driver::NotPolled),
            driver if driver == Driver::Dropped as u8 => Some(Driver::Dropped),
            _ => None,
        }
    }

    fn set(&self, driver: Driver) {
        let from = Driver::NotPolled as u8;
        let _ = self.0.driver.compare_exchange(from, driver as u8, Relaxed, Relaxed);
    }
}

/// Reports that the daemon was dropped without a poll.
struct FirstPoll(Watch);

impl Drop for FirstPoll {
    fn drop(&mut self) {
        self.0.set(Driver::Dropped);
    }
}
