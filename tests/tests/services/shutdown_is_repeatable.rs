//! Several shutdowns are one; a later one can only shorten the time.

use std::{
    future::pending,
    sync::Arc,
    task::{Wake, Waker},
    thread,
    time::Duration,
};

use purview::{block_on, cancelled, fail_fast, shield};
use purview_tests::{Log, TestClock, by_hand};

const GRACE: Duration = Duration::from_secs(10);

#[test]
fn a_second_one_without_grace_ends_it_at_once() {
    let (clock, log) = (TestClock::new(), Log::new());
    let guard = log.on_drop("child");
    let (open, driver) = fail_fast::<()>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn(async move {
        let _guard = guard;
        shield(pending::<Result<(), _>>()).await
    }));
    assert!(driver.poll_until_idle().is_pending());
    let mut first = by_hand(open.shutdown(Duration::MAX));
    assert!(first.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    let wakes = driver.wakes();
    let mut second = by_hand(open.shutdown(Duration::ZERO));
    assert!(second.poll().is_pending());
    assert_eq!(driver.wakes(), wakes + 1);
    assert!(driver.finish().is_ok());
    assert_eq!(log.entries(), ["child dropped"]);
    assert_eq!((first.wakes(), second.wakes()), (1, 1));
    assert_eq!(
        (first.finish().cut.len(), second.finish().cut.len()),
        (1, 1),
        "both hear how it went"
    );
}

#[test]
fn a_second_one_cannot_prolong_it() {
    let clock = TestClock::new();
    let (open, driver) = fail_fast::<()>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn(pending::<Result<(), _>>()));
    assert!(driver.poll_until_idle().is_pending());
    let mut first = by_hand(open.shutdown(GRACE));
    assert!(first.poll().is_pending());
    let mut second = by_hand(open.shutdown(GRACE * 100));
    assert!(second.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(GRACE);
    assert!(driver.finish().is_ok());
    first.finish();
    second.finish();
}

#[test]
fn dropping_the_future_loses_the_report_and_nothing_else() {
    let clock = TestClock::new();
    let (open, driver) = fail_fast::<()>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn(pending::<Result<(), _>>()));
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    drop(shutdown);
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(GRACE);
    assert!(driver.finish().is_ok());
    assert_eq!(
        by_hand(open.shutdown(GRACE)).finish().cut.len(),
        1,
        "it can be asked again"
    );
}

#[test]
fn dropping_the_future_drops_the_waker_it_was_polled_with() {
    struct Counted;
    impl Wake for Counted {
        fn wake(self: Arc<Self>) {}
    }
    let (open, driver) = fail_fast::<()>().runtime(TestClock::new()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn(pending::<Result<(), _>>()));
    assert!(driver.poll_until_idle().is_pending());
    let counted = Arc::new(Counted);
    let waker = Waker::from(counted.clone());
    let before = Arc::strong_count(&counted);
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll_with(&waker).is_pending());
    assert!(Arc::strong_count(&counted) > before, "it waits");
    drop(shutdown);
    assert_eq!(Arc::strong_count(&counted), before);
}

#[test]
fn from_another_thread_while_the_driver_runs() {
    let (open, driver) = fail_fast::<()>().open();
    for _ in 0..10 {
        drop(open.spawn(async {
            cancelled().await;
            Ok(())
        }));
    }
    let runs = thread::spawn(|| block_on(driver));
    let report = block_on(open.shutdown(Duration::from_secs(60)));
    assert_eq!(report.finished.len() + report.cut.len(), 10);
    assert!(runs.join().unwrap().is_ok());
}

#[test]
fn a_child_may_ask_for_it() {
    let clock = TestClock::new();
    let (open, driver) = fail_fast::<()>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    let handle = open.clone();
    // It waits for its own end: it is cut with the others, when the time is over.
    drop(open.spawn(async move {
        handle.shutdown(GRACE).await;
        Ok(())
    }));
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(GRACE);
    assert!(driver.finish().is_ok());
}
