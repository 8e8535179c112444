use std::{fmt, num::NonZeroU32, sync::Arc};

use super::{AlreadyEnabled, Options, Snapshot};
use crate::{
    runtime::{InstalledRuntime, Runtime, install},
    time::Instant,
    tree::record::{self, InstalledRecorder, Recorder, recorder},
};

/// Records live scopes and tasks from now on, for as long as the process runs.
///
/// Call it once, as early as possible: what had been started before is shown from when it is next polled.
///
/// # Errors
///
/// [`AlreadyEnabled`] the second time. The options of the first call count: nothing is merged.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::inspect::{self, Options};
///
/// assert!(inspect::enable(Options::new()).is_ok());
/// assert!(inspect::enable(Options::new().wakers(true)).is_err());
/// ```
pub fn enable(options: Options) -> Result<(), AlreadyEnabled> {
    let recorder = record::enable(options)?;
    #[cfg(not(any(loom, target_family = "wasm")))]
    if let Some(interval) = recorder.options.check_every {
        // Without a thread nothing is checked but by hand.
        let _ = std::thread::Builder::new()
            .name("purview-inspect".into())
            .spawn(move || {
                loop {
                    std::thread::sleep(interval);
                    super::check::check_all(&recorder);
                }
            });
    }
    #[cfg(any(loom, target_family = "wasm"))]
    drop(recorder);
    Ok(())
}

/// Whether anything is recorded where this is called: after [`enable`], and under a test runtime.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::inspect;
///
/// assert!(!inspect::is_enabled());
/// inspect::enable(inspect::Options::new()).unwrap();
/// assert!(inspect::is_enabled());
/// ```
pub fn is_enabled() -> bool {
    recorder().is_some()
}

/// The recorder of a test runtime, for what is polled on the threads where it is installed.
#[doc(hidden)]
#[derive(Clone)]
pub struct Inspector {
    recorder: Arc<Recorder>,
}

impl Inspector {
    /// Its times count from `since`, where that is given. Where `steps` is, a scope that is polled where this is installed yields after so many steps, instead of 128.
    #[must_use]
    pub fn new(options: Options, since: Option<Instant>, steps: Option<NonZeroU32>) -> Self {
        Self {
            recorder: Recorder::new(options, since, steps),
        }
    }

    /// Records what is polled on this thread, until the guard is dropped. Scopes that name no runtime use this one.
    #[must_use]
    pub fn install(&self, runtime: Arc<dyn Runtime>) -> InstalledInspector {
        InstalledInspector {
            _recorder: record::install(self.recorder.clone()),
            _runtime: install(runtime),
        }
    }

    /// What is alive.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.recorder)
    }
}

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector").finish_non_exhaustive()
    }
}

/// Puts back what was installed before when dropped.
#[doc(hidden)]
pub struct InstalledInspector {
    _recorder: InstalledRecorder,
    _runtime: InstalledRuntime,
}

impl fmt::Debug for InstalledInspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstalledInspector").finish_non_exhaustive()
    }
}
