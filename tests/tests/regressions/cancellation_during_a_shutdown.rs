//! Scopes around and inside a shutdown.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use purview::{CancelToken, fail_fast, settled, shield};
use purview_tests::{CallsOnDrop, Gate, TestClock, by_hand, watched};

const HOUR: Duration = Duration::from_secs(3600);

// It has its reason (`Parent`) and time to clean up, which a second cancellation ends.
#[test]
fn a_scope_inside_can_still_be_cancelled() {
    watched(|| {
        let (clock, gate, gone) = (TestClock::new(), Gate::new(), Arc::new(AtomicBool::new(false)));
        let (open, driver) = settled::<()>().runtime(clock.clone()).open();
        let mut driver = by_hand(driver);
        let (wait, flag) = (gate.wait(), gone.clone());
        open.spawn(async move {
            let _ = settled::<()>()
                .run(async |s| {
                    let guard = CallsOnDrop(move || flag.store(true, SeqCst));
                    s.spawn(async move {
                        let _guard = guard;
                        pending::<Result<(), ()>>().await
                    });
                    wait.await;
                    s.cancel();
                    Ok(())
                })
                .await;
            Ok(())
        });
        assert!(driver.poll_until_idle().is_pending());
        let service = open.clone();
        let mut shutdown = by_hand(async move { service.shutdown(HOUR).await });
        assert!(shutdown.poll().is_pending());
        assert!(driver.poll_until_idle().is_pending());
        gate.open();
        let ended = driver.poll_until_idle().is_ready();
        assert!(gone.load(SeqCst) && ended, "the scope inside was cancelled");
    });
}

#[test]
fn nor_by_its_token() {
    watched(|| {
        let (clock, token) = (TestClock::new(), CancelToken::new());
        let (open, driver) = settled::<()>().runtime(clock.clone()).open();
        let mut driver = by_hand(driver);
        let given = token.clone();
        open.spawn(async move {
            let _ = fail_fast::<()>()
                .cancel_on(given)
                .run(async |_| pending::<Result<(), ()>>().await)
                .await;
            Ok(())
        });
        assert!(driver.poll_until_idle().is_pending());
        let service = open.clone();
        let mut shutdown = by_hand(async move { service.shutdown(HOUR).await });
        assert!(shutdown.poll().is_pending());
        assert!(driver.poll_until_idle().is_pending());
        token.cancel();
        assert!(driver.poll_until_idle().is_ready(), "the scope inside was cancelled");
    });
}

// A cancellation that happens to say "shutdown" is none.
#[test]
fn a_cancellation_by_the_same_words_is_not_taken_back() {
    watched(|| {
        let (open, driver) = settled::<()>().runtime(TestClock::new()).open();
        let mut driver = by_hand(driver);
        open.spawn(pending::<Result<(), ()>>());
        assert!(driver.poll_until_idle().is_pending());
        open.cancel_with("shutdown");
        let service = open.clone();
        let mut shutdown = by_hand(async move { service.shutdown(HOUR).await });
        assert!(shutdown.poll().is_pending());
        assert!(driver.poll_until_idle().is_ready(), "it was cancelled before");
    });
}

// Children are still taken in, so `permit()` waits for places as ever.
#[test]
fn a_permit_inside_waits_for_its_place() {
    watched(|| {
        let (gate, most) = (Gate::new(), Arc::new(std::sync::atomic::AtomicUsize::new(0)));
        let (open, driver) = settled::<()>().runtime(TestClock::new()).open();
        let mut driver = by_hand(driver);
        let (wait, seen) = (gate.wait(), most.clone());
        open.spawn(async move {
            let _ = settled::<()>()
                .limit(2)
                .run(async |s| {
                    wait.await;
                    for _ in 0..1000 {
                        s.permit().await.spawn(pending::<Result<(), ()>>());
                        seen.fetch_max(s.len(), SeqCst);
                    }
                    Ok(())
                })
                .await;
            Ok(())
        });
        assert!(driver.poll_until_idle().is_pending());
        let service = open.clone();
        let mut shutdown = by_hand(async move { service.shutdown(HOUR).await });
        assert!(shutdown.poll().is_pending());
        assert!(driver.poll_until_idle().is_pending());
        gate.open();
        assert!(driver.poll_until_idle().is_pending());
        assert_eq!(most.load(SeqCst), 2);
    });
}

// It is not enough that the next poll would see it.
#[test]
fn a_permit_that_waits_through_the_shutdown_is_woken() {
    watched(|| {
        let (open, driver) = settled::<()>().runtime(TestClock::new()).limit(1).open();
        let mut driver = by_hand(driver);
        // It holds: no place comes free that would wake the permit.
        let gate = Gate::new();
        let wait = gate.wait();
        open.spawn(shield(async {
            wait.await;
            Ok(())
        }));
        assert!(driver.poll_until_idle().is_pending());
        let mut permit = by_hand(open.permit());
        assert!(permit.poll_until_idle().is_pending());
        let service = open.clone();
        let mut shutdown = by_hand(async move { service.shutdown(HOUR).await });
        assert!(shutdown.poll().is_pending());
        assert!(driver.poll_until_idle().is_pending());
        assert!(permit.poll_until_idle().is_pending(), "it waits as ever");
        let wakes = permit.wakes();
        open.cancel();
        assert!(driver.poll_until_idle().is_pending());
        assert!(permit.wakes() > wakes, "it is told that it waits in vain");
        drop(permit.finish());
        gate.open();
        assert!(driver.finish().is_ok());
    });
}
