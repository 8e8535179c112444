//! A scope inside one that is being shut down had heard of it once, and was not told when the children that were left were
//! dropped after all, where nothing polled the task around it, something else stood between the two, or a waker panicked.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::atomic::Ordering::SeqCst,
    time::Duration,
};

use futures::{StreamExt, stream::FuturesUnordered};
use purview::{fail_fast, gather, scope, settled, shield, timeout};
use purview_tests::{Gate, Log, TestClock, Trap, by_hand, hostile_waker};

const HOUR: Duration = Duration::from_secs(3600);

async fn tidies_up(log: Log) {
    scope(async |s| {
        s.defer(async { log.note("tidied up") });
        s.spawn(pending::<()>()).await;
    })
    .await;
}

/// Holds, so that a shutdown does not end it.
fn fails_when_opened(gate: &Gate) -> impl Future<Output = Result<(), &'static str>> + Send + 'static {
    let opened = gate.wait();
    shield(async {
        opened.await;
        Err("no")
    })
}

/// Shuts a scope down and makes it fail then: `child` holds, because a scope in it has something to clean up.
fn tidied_up<F: Future<Output = ()> + Send + 'static>(child: impl FnOnce(Log) -> F) -> bool {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let (service, driver) = fail_fast::<&str>().runtime(clock.clone()).open();
    let child = child(log.clone());
    service.spawn(async {
        child.await;
        Ok(())
    });
    service.spawn(fails_when_opened(&gate));
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(service.shutdown(HOUR));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(!log.has("tidied up"), "it is given time to end by itself");
    gate.open();
    assert!(driver.finish().is_err());
    log.has("tidied up")
}

#[test]
fn in_a_set_that_polls_only_what_was_woken() {
    assert!(tidied_up(async |log| {
        let mut set = pin!(FuturesUnordered::from_iter([tidies_up(log)]));
        set.next().await;
    }));
}

#[test]
fn in_a_timeout() {
    assert!(tidied_up(async |log| timeout(HOUR, tidies_up(log))
        .await
        .unwrap_or_default()));
}

#[test]
fn in_a_gather_of_timeouts() {
    assert!(tidied_up(async |log| {
        let _ = gather([timeout(HOUR, tidies_up(log))]).settled().await;
    }));
}

#[test]
fn two_scopes_deep() {
    assert!(tidied_up(
        async |log| scope(async |s| s.spawn(tidies_up(log)).await).await
    ));
}

#[test]
fn where_the_task_around_it_is_cancelled_alone() {
    let (clock, log) = (TestClock::new(), Log::new());
    let (service, driver) = settled::<()>().runtime(clock.clone()).open();
    let inner = log.clone();
    let task = service.spawn(async {
        let mut set = pin!(FuturesUnordered::from_iter([tidies_up(inner)]));
        set.next().await;
        Ok(())
    });
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(service.shutdown(HOUR));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(!log.has("tidied up"));
    task.cancel();
    assert!(driver.poll_until_idle().is_ready());
    assert!(log.has("tidied up"));
}

#[test]
fn where_a_waker_panics_as_a_permit_is_refused() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let (service, driver) = fail_fast::<&str>().runtime(clock.clone()).limit(2).open();
    let inner = tidies_up(log.clone());
    service.spawn(async {
        pin!(FuturesUnordered::from_iter([inner])).next().await;
        Ok(())
    });
    service.spawn(fails_when_opened(&gate));
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    let (waker, armed) = hostile_waker(Trap::Wake);
    let mut next = by_hand(service.permit());
    assert!(
        next.poll().is_pending(),
        "the place of the one that fails goes to this one"
    );
    let mut permit = by_hand(service.permit());
    armed.store(false, SeqCst);
    assert!(permit.poll_with(&waker).is_pending());
    let mut shutdown = by_hand(service.shutdown(HOUR));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    armed.store(true, SeqCst);
    gate.open();
    let ended = catch_unwind(AssertUnwindSafe(|| driver.finish()));
    armed.store(false, SeqCst);
    let panic = ended.expect_err("the waker's panic is not swallowed");
    let message = panic.downcast_ref::<String>().expect("it is text");
    assert!(message.contains("waker's Wake"), "{message}");
    assert!(log.has("tidied up"));
}
