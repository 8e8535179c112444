//! A grace that has begun is made shorter by a shutdown that comes later, and never longer; that of one task likewise ends
//! for all that is in it.

use std::{future::pending, time::Duration};

use futures::FutureExt;
use purview::{Builder, FailFast, fail_fast, scope, settled, shield};
use purview_tests::{Log, TestClock, by_hand, polled_on_every_runtime_and_in_virtual_time};

const SECOND: Duration = Duration::from_secs(1);

/// A scope with a grace of four seconds is cancelled, has a shield and a finalizer that never end, and is shut down with
/// `grace` after five seconds. Gives after how many it ends.
fn cancelled_and_then_shut_down(clock: &TestClock, built: Builder<FailFast<()>>, log: &Log, grace: Duration) -> u32 {
    let (service, driver) = built.runtime(clock.clone()).grace(4 * SECOND).open();
    let mut driver = by_hand(driver);
    service.spawn(shield(pending::<Result<(), _>>()));
    service.defer(log.traced("finalizer", pending::<()>()));
    assert!(driver.poll_until_idle().is_pending());
    service.cancel();
    let mut shutdown = None;
    for seconds in 0..20 {
        if driver.poll_until_idle().is_ready() {
            return seconds;
        }
        if seconds == 5 {
            assert_eq!(log.entries(), ["finalizer polled"], "it runs in the second grace");
            let shutdown = shutdown.insert(Box::pin(service.shutdown(grace)));
            assert!(shutdown.as_mut().now_or_never().is_none());
            assert!(driver.poll_until_idle().is_ready() == grace.is_zero());
            if grace.is_zero() {
                return seconds;
            }
        }
        clock.advance(SECOND);
    }
    panic!("it does not end");
}

fn a_shutdown_makes_that_of_the_finalizers_shorter() {
    let (clock, log) = (TestClock::new(), Log::new());
    let seconds = cancelled_and_then_shut_down(&clock, fail_fast(), &log, SECOND);
    assert_eq!((seconds, log.has("finalizer dropped")), (7, true));
}

fn a_shutdown_does_not_make_it_longer() {
    let (clock, log) = (TestClock::new(), Log::new());
    let seconds = cancelled_and_then_shut_down(&clock, fail_fast(), &log, 10 * SECOND);
    assert_eq!((seconds, log.has("finalizer dropped")), (8, true));
}

fn a_shutdown_without_any_ends_it_at_once() {
    let (clock, log) = (TestClock::new(), Log::new());
    let seconds = cancelled_and_then_shut_down(&clock, fail_fast(), &log, Duration::ZERO);
    assert_eq!((seconds, log.has("finalizer dropped")), (5, true));
}

/// The finalizers in it have one further grace, and no more.
fn that_of_one_task_ends_for_the_finalizers_in_it() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(settled::<()>().grace(4 * SECOND).runtime(clock.clone()).run(async |s| {
        let inner = scope(async |s| {
            s.defer(log.traced("finalizer", pending::<()>()));
            shield(pending::<()>()).await;
        });
        let task = s.spawn(inner.map(Ok));
        purview::checkpoint().await;
        task.cancel();
        Ok(task.await.is_err())
    }));
    for second in 0..8 {
        assert!(run.poll_until_idle().is_pending(), "after {second} s");
        assert_eq!(log.has("finalizer polled"), second >= 4, "after {second} s");
        clock.advance(SECOND);
    }
    assert!(run.poll_until_idle().is_ready());
    assert!(log.has("finalizer dropped"));
}

polled_on_every_runtime_and_in_virtual_time!(
    a_shutdown_makes_that_of_the_finalizers_shorter,
    a_shutdown_does_not_make_it_longer,
    a_shutdown_without_any_ends_it_at_once,
    that_of_one_task_ends_for_the_finalizers_in_it,
);
