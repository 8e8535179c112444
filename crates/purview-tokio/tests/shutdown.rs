//! A deadline outlives the runtime that kept its time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Wake, Waker},
    time::Duration,
};

use futures_executor::block_on;
use purview_core::Timer;
use purview_tokio::Tokio;
use tokio::runtime::{Builder, Runtime};

const SOON: Duration = Duration::from_millis(20);

fn multi_thread() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap()
}

struct Wakes(AtomicUsize);
impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn a_timer_that_was_waiting_is_woken_and_fires_at_its_time() {
    let runtime = multi_thread();
    let tokio = Tokio::new(runtime.handle().clone());
    let at = tokio.now() + SOON;
    let mut sleep = tokio.sleep_until(at);
    let counter = Arc::new(Wakes(AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&counter));
    assert!(sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    drop(runtime);
    assert_eq!(counter.0.load(SeqCst), 1);
    block_on(sleep);
    assert!(tokio.now() >= at);
}

#[test]
fn a_timer_first_polled_after_the_shutdown_fires_at_its_time() {
    let runtime = multi_thread();
    let tokio = Tokio::new(runtime.handle().clone());
    let at = tokio.now() + SOON;
    let sleep = tokio.sleep_until(at);
    drop(runtime);
    block_on(sleep);
    assert!(tokio.now() >= at);
    block_on(tokio.sleep_until(tokio.now() + Duration::from_millis(1)));
}

#[test]
fn a_timer_that_fired_before_the_shutdown_is_ready_after_it() {
    let runtime = multi_thread();
    let tokio = Tokio::new(runtime.handle().clone());
    let mut sleep = tokio.sleep_until(tokio.now() + Duration::from_millis(1));
    assert!(
        sleep
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    runtime.block_on(tokio.sleep_until(tokio.now() + SOON));
    drop(runtime);
    assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

#[test]
fn a_clock_that_was_paused_does_not_stay_frozen() {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let tokio = Tokio::new(runtime.handle().clone());
    let at = tokio.now() + SOON;
    let sleep = tokio.sleep_until(at);
    drop(runtime);
    block_on(sleep);
    assert!(tokio.now() >= at, "the system's clock serves from now on");
}
