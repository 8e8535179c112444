use std::sync::{Arc, LazyLock};

use purview_core::Runtime;

#[cfg(feature = "tokio")]
use crate::runtime::Tokio;

/// The runtime for a scope that names none and has no scope around it: tokio where a tokio context is current, else
/// smol, else async-std, else the embedded one.
///
/// Handed down to the core, which asks when it first needs a clock or a thread, at most once for each outermost scope.
pub fn select() -> Arc<dyn Runtime> {
    /// What serves where no tokio context is current; the same for the whole process.
    static EVERYWHERE: LazyLock<Arc<dyn Runtime>> = LazyLock::new(everywhere);

    #[cfg(feature = "tokio")]
    if let Ok(tokio) = Tokio::try_current() {
        return Arc::new(tokio);
    }
    Arc::clone(&EVERYWHERE)
}

fn everywhere() -> Arc<dyn Runtime> {
    #[cfg(feature = "smol")]
    return Arc::new(crate::runtime::Smol);
    #[cfg(all(feature = "async-std", not(feature = "smol")))]
    return Arc::new(crate::runtime::AsyncStd);
    #[cfg(not(any(feature = "smol", feature = "async-std")))]
    return Arc::new(crate::runtime::Embedded);
}
