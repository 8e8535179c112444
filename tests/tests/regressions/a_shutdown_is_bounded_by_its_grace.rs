//! A failure during a shutdown, or a cancellation before it, made the scope forget the grace of the shutdown; and the
//! scopes inside children that hold were not told that it was over.

use std::{future::pending, time::Duration};

use purview::{Driver, FailFast, Scope, cancelled, fail_fast, scope, shield};
use purview_tests::{ByHand, Gate, Log, TestClock, by_hand};

const SECOND: Duration = Duration::from_secs(1);

fn open(
    clock: &TestClock,
) -> (
    Scope<'static, FailFast<&'static str>>,
    ByHand<Driver<FailFast<&'static str>>>,
) {
    let (service, driver) = fail_fast().runtime(clock.clone()).open();
    (service, by_hand(driver))
}

fn fails_at(gate: &Gate) -> impl Future<Output = Result<(), &'static str>> + Send + 'static {
    let opened = gate.wait();
    shield(async {
        opened.await;
        Err("no")
    })
}

/// A scope with something to clean up, which ends only when it is told to.
async fn tidies_up(log: Log) -> Result<(), &'static str> {
    scope(async |s| {
        s.defer(async { log.note("tidied up") });
        s.spawn(pending::<()>()).await;
    })
    .await;
    Ok(())
}

#[test]
fn after_a_failure_too() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let (service, mut driver) = open(&clock);
    service.spawn(shield(pending::<Result<(), _>>()));
    service.spawn(fails_at(&gate));
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(service.shutdown(5 * SECOND));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    gate.open();
    assert!(driver.poll_until_idle().is_pending(), "one child holds");
    clock.advance(5 * SECOND);
    assert!(driver.finish().is_err());
    assert_eq!(shutdown.finish().cut.len(), 1);
}

#[test]
fn of_a_scope_that_is_cancelled_already() {
    let clock = TestClock::new();
    let (service, mut driver) = open(&clock);
    service.spawn(shield(pending::<Result<(), _>>()));
    assert!(driver.poll_until_idle().is_pending());
    service.cancel();
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(service.shutdown(Duration::ZERO));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_ready());
    assert!(shutdown.poll().is_ready());
}

#[test]
fn a_failure_reaches_the_scopes_inside() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let (service, mut driver) = open(&clock);
    service.spawn(tidies_up(log.clone()));
    service.spawn(fails_at(&gate));
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(service.shutdown(5 * SECOND));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(!log.has("tidied up"), "it is given time to end by itself");
    gate.open();
    assert!(driver.finish().is_err());
    assert!(log.has("tidied up"));
}

#[test]
fn the_end_of_the_last_child_reaches_the_scopes_inside_a_daemon() {
    let (clock, log) = (TestClock::new(), Log::new());
    let (service, mut driver) = open(&clock);
    service.task().daemon().spawn(tidies_up(log.clone()));
    service.spawn(async {
        cancelled().await;
        Ok(())
    });
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(service.shutdown(5 * SECOND));
    assert!(shutdown.poll().is_pending());
    driver.finish().expect("no child failed");
    assert!(log.has("tidied up"));
}
