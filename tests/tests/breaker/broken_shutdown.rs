//! Scopes around and inside a shutdown.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use purview::{CancelToken, fail_fast, settled};
use purview_tests::{CallsOnDrop, Gate, TestClock, by_hand};

use crate::watchdog::watched;

const HOUR: Duration = Duration::from_secs(3600);

// FAILS: a scope inside one that is being shut down cannot be cancelled any more, for as long as the grace lasts: it has
// its reason (`Parent`), is stayed, and nothing looks again. Section 4, Cancellation: "First the scope's token fires ..
// Plain children are then dropped without another poll".
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

// FAILS: as above, by a token given to `cancel_on`.
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

// FAILS: a cancellation that happens to say "shutdown" is taken for the shutdown's own, and undone by it.
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

// FAILS: inside a shutdown `permit()` resolves at once and without a place, although children are taken in: whoever
// counts on it runs ahead of the children without bound, and without yielding. Section 4, Limits: "`spawn` queues,
// `permit().await` waits"; a permit resolves at once on "an ended or hard-cancelled scope", which this is not.
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
