use std::{
    any::Any,
    cell::{Cell, RefCell},
    error::Error,
    fmt,
    marker::PhantomData,
    num::NonZeroU32,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use super::{
    clock::{clock, observers_ran},
    observer::{Observer, ScopeId},
    options::Options,
    registry::{Listed, Registry},
    report::Report,
};
use crate::{
    panic::{Panic, catch, discard},
    time::Instant,
};

/// How many recorders there are: where it is 0, nothing else is looked at.
static ON: AtomicUsize = AtomicUsize::new(0);
/// How many of these are a test runtime's.
static INSTALLED: AtomicUsize = AtomicUsize::new(0);
/// That of the process.
static ENABLED: OnceLock<Arc<Recorder>> = OnceLock::new();

thread_local! {
    /// That of the test runtime that polls on this thread.
    static HERE: RefCell<Option<Arc<Recorder>>> = const { RefCell::new(None) };
    /// An observer is being called on this thread.
    static IN_OBSERVER: Cell<bool> = const { Cell::new(false) };
}

/// Where scopes and tasks are recorded, and what is told of them.
pub(crate) struct Recorder {
    pub(crate) options: Options,
    /// For each observer, whether it has panicked.
    broken: Vec<AtomicBool>,
    /// How much one poll of a scope does, where that is not as elsewhere.
    steps: Option<NonZeroU32>,
    pub(super) since: Instant,
    scopes: Registry,
    serial: AtomicU64,
}

/// Whether anything is recorded anywhere. One relaxed load: this is all that a spawn or a poll costs where it is not.
#[inline]
pub(crate) fn is_on() -> bool {
    ON.load(Ordering::Relaxed) != 0
}

/// Whether a test runtime may poll on this thread.
pub(super) fn is_installed() -> bool {
    INSTALLED.load(Ordering::Relaxed) != 0
}

/// That of the test runtime that polls here, else that of the process.
pub(crate) fn recorder() -> Option<Arc<Recorder>> {
    if is_installed() {
        let here = HERE.try_with(|here| here.borrow().clone()).ok().flatten();
        if here.is_some() {
            return here;
        }
    }
    ENABLED.get().cloned()
}

/// After how many steps a scope yields, as the test runtime that polls here says.
pub(crate) fn installed_steps() -> Option<NonZeroU32> {
    if !is_installed() {
        return None;
    }
    HERE.try_with(|here| here.borrow().as_ref()?.steps).ok().flatten()
}

/// [`enable`](crate::inspect::enable) was called before; the first options count.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AlreadyEnabled {}

impl fmt::Display for AlreadyEnabled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("inspection is enabled already, with the options of the first call")
    }
}

impl Error for AlreadyEnabled {}

pub(crate) fn enable(options: Options) -> Result<Arc<Recorder>, AlreadyEnabled> {
    let recorder = Recorder::new(options, None, None);
    if ENABLED.set(recorder.clone()).is_err() {
        return Err(AlreadyEnabled {});
    }
    ON.fetch_add(1, Ordering::Relaxed);
    Ok(recorder)
}

/// Records on this thread what is polled here, until the guard is dropped.
pub(crate) fn install(recorder: Arc<Recorder>) -> InstalledRecorder {
    INSTALLED.fetch_add(1, Ordering::Relaxed);
    ON.fetch_add(1, Ordering::Relaxed);
    InstalledRecorder {
        outer: HERE.with(|here| here.replace(Some(recorder))),
        here: PhantomData,
    }
}

/// Puts back what was installed before when dropped.
#[must_use]
pub(crate) struct InstalledRecorder {
    outer: Option<Arc<Recorder>>,
    /// It belongs to this thread.
    here: PhantomData<*const ()>,
}

impl Drop for InstalledRecorder {
    fn drop(&mut self) {
        INSTALLED.fetch_sub(1, Ordering::Relaxed);
        ON.fetch_sub(1, Ordering::Relaxed);
        let outer = self.outer.take();
        let left = HERE.try_with(|here| here.replace(outer));
        drop(left);
    }
}

impl Recorder {
    pub(crate) fn new(mut options: Options, since: Option<Instant>, steps: Option<NonZeroU32>) -> Arc<Self> {
        options.times |= options.slow_poll.is_some();
        Arc::new(Self {
            broken: options.observers.iter().map(|_| AtomicBool::new(false)).collect(),
            options,
            steps,
            since: since.unwrap_or_else(clock),
            scopes: Registry::default(),
            serial: AtomicU64::new(0),
        })
    }

    /// Whether of a poll no more is noted than that it is under way.
    pub(super) fn is_brief(&self) -> bool {
        !self.options.times && !self.options.wakers && self.broken.is_empty()
    }

    pub(super) fn next_scope(&self) -> ScopeId {
        ScopeId(self.serial.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(super) fn list(&self, scope: Weak<dyn Any + Send + Sync>) -> Listed {
        self.scopes.add(scope)
    }

    pub(super) fn unlist(&self, listed: &Listed) {
        self.scopes.remove(listed);
    }

    /// The scopes that are listed.
    pub(crate) fn scopes(&self) -> Vec<Arc<dyn Any + Send + Sync>> {
        self.scopes.all()
    }

    /// Whether anything is to be told of what happens here.
    pub(crate) fn has_observers(&self) -> bool {
        !self.broken.is_empty() && !IN_OBSERVER.try_with(Cell::get).unwrap_or(true)
    }

    /// Calls all observers that have not panicked. To be called under no lock.
    pub(crate) fn tell(&self, tell: impl Fn(&dyn Observer)) {
        if !self.has_observers() {
            return;
        }
        let panicked: Vec<Panic> = without_observers(|| {
            let observers = self.options.observers.iter().zip(&self.broken);
            let whole = observers.filter(|(_, broken)| !broken.load(Ordering::Relaxed));
            whole
                .filter_map(|(observer, broken)| {
                    let panic = catch(|| tell(&**observer)).err()?;
                    broken.store(true, Ordering::Relaxed);
                    Some(panic)
                })
                .collect()
        });
        observers_ran();
        for panic in panicked {
            let message = panic.message().unwrap_or("its payload is not text").to_owned();
            discard(panic);
            self.report(&Report::ObserverPanicked { message });
        }
    }

    pub(crate) fn report(&self, report: &Report) {
        #[cfg(feature = "tracing")]
        tracing::warn!(target: "purview::inspect", "{report}");
        self.tell(|observer| observer.reported(report));
    }
}

/// Runs what is recorded, and told to no observer.
pub(crate) fn without_observers<T>(f: impl FnOnce() -> T) -> T {
    struct Back(bool);
    impl Drop for Back {
        fn drop(&mut self) {
            let _ = IN_OBSERVER.try_with(|inside| inside.set(self.0));
        }
    }
    let _back = Back(IN_OBSERVER.try_with(|inside| inside.replace(true)).unwrap_or(true));
    f()
}
