//! The suite that every runtime must pass, on both of tokio's schedulers and from outside.

use std::sync::LazyLock;

use purview_test::conformance;
use purview_tokio::Tokio;
use tokio::runtime::{Builder, Runtime};

static MULTI_THREAD: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_time().build().unwrap()
});

static CURRENT_THREAD: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());

fn multi_thread() -> Tokio {
    Tokio::new(MULTI_THREAD.handle().clone())
}

fn current_thread() -> Tokio {
    Tokio::new(CURRENT_THREAD.handle().clone())
}

mod inside_a_multi_thread_runtime {
    use super::*;

    conformance!(multi_thread, block_on: |_, test| MULTI_THREAD.block_on(test));
}

mod inside_a_current_thread_runtime {
    use super::*;

    conformance!(current_thread, block_on: |_, test| CURRENT_THREAD.block_on(test));
}

mod outside {
    use super::*;

    conformance!(multi_thread);
}

mod with_the_embedded_timer {
    use super::*;

    conformance!(|| multi_thread().with_embedded_timer());
}
