use std::{
    cell::Cell,
    collections::HashSet,
    panic,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::runtime::{Handle, Id};

/// Which clock serves a runtime; not known before it is first asked for the time.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicU8);

const UNKNOWN: u8 = 0;
const TOKIO: u8 = 1;
const EMBEDDED: u8 = 2;

/// The runtimes found to have no time driver, so that each is asked once and not once for each scope.
///
/// tokio may reuse the id of a runtime that was dropped. The worst that comes of it is an embedded timer where tokio's
/// would have done.
static WITHOUT_TIME: OnceLock<Mutex<HashSet<Id>>> = OnceLock::new();

thread_local! {
    /// The runtime on this thread that was last found to have a time driver.
    static WITH_TIME: Cell<Option<Id>> = const { Cell::new(None) };
}

impl Clock {
    pub(crate) const fn embedded() -> Self {
        Self(AtomicU8::new(EMBEDDED))
    }

    /// As much as this one knows.
    pub(crate) fn copy(&self) -> Self {
        Self(AtomicU8::new(self.0.load(Relaxed)))
    }

    /// Whether tokio's clock is to be read, of which less need be known: should the id be that of a runtime that was dropped,
    /// tokio's clock is the system's, as the embedded one is.
    pub(crate) fn can_be_read(&self, handle: &Handle) -> bool {
        let is_known = || WITH_TIME.try_with(Cell::get).ok().flatten() == Some(handle.id());
        (self.0.load(Relaxed) == UNKNOWN && is_known()) || self.is_tokio(handle)
    }

    pub(crate) fn is_tokio(&self, handle: &Handle) -> bool {
        match self.0.load(Relaxed) {
            UNKNOWN => {
                let found = if has_time_driver(handle) { TOKIO } else { EMBEDDED };
                let _ = self.0.compare_exchange(UNKNOWN, found, Relaxed, Relaxed);
                found == TOKIO
            }
            known => known == TOKIO,
        }
    }

    /// The runtime was shut down: its timers are dead, and if it was paused its clock will not move again.
    pub(crate) fn abandon(&self) {
        self.0.store(EMBEDDED, Relaxed);
    }
}

fn has_time_driver(handle: &Handle) -> bool {
    let is_known_without = WITHOUT_TIME.get().is_some_and(|ids| {
        ids.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&handle.id())
    });
    if is_known_without {
        return false;
    }
    // Where a panic cannot be caught the question cannot be asked; there the first timer ends the process, as it would
    // without us.
    if cfg!(panic = "abort") {
        return true;
    }
    let _context = handle.enter();
    let found = panic::catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).is_ok();
    if found {
        let _ = WITH_TIME.try_with(|known| known.set(Some(handle.id())));
    } else {
        let ids = WITHOUT_TIME.get_or_init(Mutex::default);
        let mut ids = ids.lock().unwrap_or_else(PoisonError::into_inner);
        // Programs have a handful of runtimes. One that makes them by the thousand is asked again now and then.
        if ids.len() == 1024 {
            ids.clear();
        }
        ids.insert(handle.id());
    }
    found
}
