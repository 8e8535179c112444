//! The six runtimes in which a scenario runs.

use std::sync::Arc;

use purview_test::VirtualRuntime;
use purview_tests::AnyRuntime;
pub(crate) use purview_tests::{async_std, embedded, smol, tokio_current_thread, tokio_multi_thread};

use purview_tests::watched;

/// Runs a scenario on the virtual runtime, inside the scope that it keeps for its program.
pub(crate) fn virtual_runtime<Fut: Future<Output = ()>>(scenario: impl FnOnce(AnyRuntime) -> Fut + Send + 'static) {
    watched(|| {
        let runtime = VirtualRuntime::new();
        runtime.run(scenario(Arc::new(runtime.clone())));
    });
}
