//! Which virtual runtime drives the code that asks.

use std::{cell::RefCell, sync::Arc};

use purview_core::inspect::InstalledInspector;

use super::VirtualRuntime;

thread_local! {
    static DRIVING: RefCell<Vec<VirtualRuntime>> = const { RefCell::new(Vec::new()) };
}

/// The innermost runtime that this thread drives, or on whose behalf it runs a blocking closure.
pub(super) fn get() -> Option<VirtualRuntime> {
    // While a thread is torn down there is no runtime, rather than a panic in a destructor.
    DRIVING
        .try_with(|driving| driving.borrow().last().cloned())
        .ok()
        .flatten()
}

/// Scopes that this thread polls from now on count in the runtime, and use it where they name no other.
pub(super) fn enter(runtime: VirtualRuntime) -> Entered {
    let inspector = runtime.shared.inspector().install(Arc::new(runtime.clone()));
    DRIVING.with(|driving| driving.borrow_mut().push(runtime));
    Entered { _inspector: inspector }
}

/// Makes the runtime current no longer when it is dropped.
pub(super) struct Entered {
    _inspector: InstalledInspector,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let left = DRIVING.try_with(|driving| driving.borrow_mut().pop());
        // The last handle frees the runtime and what is in it, so not under the borrow.
        drop(left);
    }
}
