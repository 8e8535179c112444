//! A runtime built without `enable_time` keeps time with the embedded timer.
//!
//! One test, because it looks at the panic hook, which the whole process shares.

use std::{
    panic,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::Duration,
};

use purview_core::{Spawner, Timer};
use purview_tokio::Tokio;
use tokio::runtime::Builder;

static PANICS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a_runtime_without_time_driver_is_asked_once_and_then_served_by_the_embedded_timer() {
    panic::set_hook(Box::new(|_| {
        PANICS.fetch_add(1, SeqCst);
    }));
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let quiet = Tokio::current().with_embedded_timer();
        quiet.sleep_until(quiet.now() + Duration::from_millis(1)).await;
        assert_eq!(PANICS.load(SeqCst), 0, "nothing was asked");

        for _ in 0..3 {
            let tokio = Tokio::current();
            let at = tokio.now() + Duration::from_millis(1);
            tokio.sleep_until(at).await;
            assert!(tokio.now() >= at);
            assert_eq!(PANICS.load(SeqCst), 1, "asked once for the runtime, not for each value");
        }
        Tokio::current().spawn(Box::pin(async {})).unwrap();
    });

    // Its clock may be paused all the same; nothing would ever move it.
    let paused = Builder::new_current_thread().start_paused(true).build().unwrap();
    paused.block_on(async {
        let tokio = Tokio::current();
        let at = tokio.now() + Duration::from_millis(1);
        tokio.sleep_until(at).await;
        assert!(tokio.now() >= at);
    });
    assert_eq!(PANICS.load(SeqCst), 2);

    let complete = Builder::new_current_thread().enable_time().build().unwrap();
    complete.block_on(async {
        let tokio = Tokio::current();
        tokio.sleep_until(tokio.now() + Duration::from_millis(1)).await;
    });
    assert_eq!(
        PANICS.load(SeqCst),
        2,
        "a runtime that has a time driver is asked without a panic"
    );
}
