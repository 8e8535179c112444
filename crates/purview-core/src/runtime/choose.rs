use std::{cell::RefCell, marker::PhantomData, sync::Arc};

use super::{Embedded, Runtime, RuntimeChoice};

thread_local! {
    /// The test runtime that polls on this thread.
    static INSTALLED: RefCell<Option<Arc<dyn Runtime>>> = const { RefCell::new(None) };
}

/// The runtime where no scope is around: the test runtime that polls on this thread, else the one a facade chose, else
/// the embedded one.
pub(crate) fn outside_scopes(fallback: Option<RuntimeChoice>) -> Arc<dyn Runtime> {
    installed().unwrap_or_else(|| fallback.map_or_else(Embedded::shared, |choose| choose()))
}

/// The test runtime that polls on this thread.
pub(crate) fn installed() -> Option<Arc<dyn Runtime>> {
    // A thread that is being torn down has no thread-locals any more.
    INSTALLED
        .try_with(|installed| installed.borrow().clone())
        .ok()
        .flatten()
}

/// Uses a runtime for everything that is polled on this thread and names none, until the guard is dropped.
pub(crate) fn install(runtime: Arc<dyn Runtime>) -> InstalledRuntime {
    InstalledRuntime {
        outer: replace(Some(runtime)),
        here: PhantomData,
    }
}

fn replace(runtime: Option<Arc<dyn Runtime>>) -> Option<Arc<dyn Runtime>> {
    INSTALLED
        .try_with(|installed| installed.replace(runtime))
        .ok()
        .flatten()
}

/// Puts back what was installed before when dropped.
#[must_use]
pub(crate) struct InstalledRuntime {
    outer: Option<Arc<dyn Runtime>>,
    /// It belongs to this thread.
    here: PhantomData<*const ()>,
}

impl Drop for InstalledRuntime {
    fn drop(&mut self) {
        let left = replace(self.outer.take());
        drop(left);
    }
}
