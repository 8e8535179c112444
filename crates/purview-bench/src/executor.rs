use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

/// tokio's current-thread runtime; made once, since no load is about making one.
///
/// # Panics
///
/// Where tokio cannot make one.
pub fn one_thread() -> &'static Runtime {
    static ONE: OnceLock<Runtime> = OnceLock::new();
    ONE.get_or_init(|| {
        Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a tokio runtime")
    })
}

/// tokio's multi-thread runtime, with a thread for each core.
///
/// # Panics
///
/// Where tokio cannot make one.
#[cfg(feature = "peers")]
pub fn many_threads() -> &'static Runtime {
    static MANY: OnceLock<Runtime> = OnceLock::new();
    MANY.get_or_init(|| {
        Builder::new_multi_thread()
            .enable_time()
            .build()
            .expect("a tokio runtime")
    })
}
