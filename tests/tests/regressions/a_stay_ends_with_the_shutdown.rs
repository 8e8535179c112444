//! A scope inside one that is being shut down had heard of it once, and was not told when those who were left were
//! dropped after all, where nothing polled the task around it or something else stood between the two.

use std::{future::pending, pin::pin, time::Duration};

use futures::{StreamExt, stream::FuturesUnordered};
use purview::{fail_fast, gather, scope, settled, shield, timeout};
use purview_tests::{Gate, Log, TestClock, by_hand};

const HOUR: Duration = Duration::from_secs(3600);

async fn tidies_up(log: Log) {
    scope(async |s| {
        s.defer(async { log.note("tidied up") });
        s.spawn(pending::<()>()).await;
    })
    .await;
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
    let opened = gate.wait();
    service.spawn(shield(async {
        opened.await;
        Err::<(), _>("no")
    }));
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
fn in_a_set_that_polls_only_whom_it_is_told_to() {
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
