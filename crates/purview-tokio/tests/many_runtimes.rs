//! What is remembered of runtimes without a time driver stays bounded, however many there are.
//!
//! One test, because it looks at the panic hook, which the whole process shares.

use std::{
    panic,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use purview_core::Timer;
use purview_tokio::Tokio;
use tokio::runtime::{Builder, Runtime};

/// Asking a runtime for its time driver panics inside tokio where it has none.
static ASKED: AtomicUsize = AtomicUsize::new(0);

fn without_time() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn asks_for_the_time(runtime: &Runtime) {
    runtime.block_on(async { Tokio::current().now() });
}

#[test]
fn the_set_of_runtimes_without_a_time_driver_is_forgotten_now_and_then() {
    panic::set_hook(Box::new(|_| {
        ASKED.fetch_add(1, SeqCst);
    }));
    let first = without_time();
    asks_for_the_time(&first);
    asks_for_the_time(&first);
    assert_eq!(ASKED.load(SeqCst), 1, "it is remembered");
    for asked in 2..=2_000 {
        asks_for_the_time(&without_time());
        assert_eq!(ASKED.load(SeqCst), asked, "each is asked once");
    }
    asks_for_the_time(&first);
    assert_eq!(ASKED.load(SeqCst), 2_001, "it was forgotten with the others");
}
