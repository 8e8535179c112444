//! When a timeout expires, and for how long it waits then.

use std::{future::pending, pin::pin, time::Duration};

use futures::TryFutureExt;
use purview::{Builder, FailFast, Timer, fail_fast, scope, shield, sleep, timeout};
use purview_tests::{HandExecutor, Log, PollCount, TestClock, by_hand, polled_on_every_runtime_and_in_virtual_time};

const SECOND: Duration = Duration::from_secs(1);

fn on(clock: &TestClock) -> Builder<FailFast<&'static str>> {
    fail_fast().runtime(clock.clone())
}

/// It was waited for without a bound.
fn what_holds_in_one_is_waited_for_within_the_grace_of_the_scope_around() {
    for (grace, seconds) in [(2 * SECOND, 2), (Duration::ZERO, 0)] {
        let (clock, log) = (TestClock::new(), Log::new());
        let mut run = by_hand(on(&clock).grace(grace).run(async |_| {
            let inner = timeout(2 * SECOND, log.traced("held", shield(pending::<()>())));
            Ok(timeout(SECOND, inner).await.is_err())
        }));
        assert!(run.poll_until_idle().is_pending());
        clock.advance(SECOND);
        for _ in 0..seconds {
            assert!(run.poll_until_idle().is_pending());
            assert!(!log.has("held dropped"));
            clock.advance(SECOND);
        }
        assert_eq!(run.finish().ok(), Some(true));
        assert!(log.has("held dropped"));
    }
}

fn finalizers_in_one_share_a_further_grace() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).grace(2 * SECOND).run(async |_| {
        let inside = scope(async |s| {
            s.defer(log.traced("flush", pending::<()>()));
            shield(pending::<()>()).await;
        });
        Ok(timeout(SECOND, inside).await.is_err())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    clock.advance(2 * SECOND);
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["flush polled"]);
    clock.advance(2 * SECOND);
    assert_eq!(run.finish().ok(), Some(true));
    assert_eq!(log.entries(), ["flush polled", "flush dropped"]);
}

/// It looked again a millisecond later.
fn one_that_left_it_to_another_expires_when_it_is_polled_outside_of_that() {
    let clock = TestClock::new();
    let mut run = by_hand(on(&clock).run(async |_| {
        let mut work = pin!(scope(async |s| {
            let child = s.spawn(async { timeout(SECOND, pending::<()>()).await.is_err() });
            child.await
        }));
        assert!(timeout(SECOND, work.as_mut()).await.is_err());
        Ok(work.await)
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert_eq!(run.finish().ok(), Some(true));
}

fn one_that_left_it_to_a_deadline_expires_when_that_is_moved() {
    let clock = TestClock::new();
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |s| {
        let late = s.spawn(async { Ok(timeout(SECOND, pending::<()>()).await.is_err()) });
        sleep(SECOND).await;
        s.set_deadline(None).expect("it has not been cancelled");
        Ok(late.await)
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert_eq!(run.finish().ok(), Some(true));
}

/// What had passed was looked at before the poll, and was not looked at again.
fn one_leaves_it_to_a_deadline_that_is_set_in_that_very_poll() {
    let clock = TestClock::new();
    let mut run = by_hand(on(&clock).run(async |s| {
        let inside = async {
            sleep(SECOND).await;
            s.set_deadline(Some(clock.now())).expect("it has not been cancelled");
            pending::<()>().await;
        };
        Ok(timeout(SECOND, inside).await.is_err())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.finish().expect_err("its time is up").is_deadline_exceeded());
}

/// It had its scope polled again and again.
fn a_scope_that_leaves_it_to_another_waits_for_that() {
    let (executor, polls) = (HandExecutor::new(), PollCount::new());
    let mut run = by_hand(
        fail_fast::<()>()
            .runtime(executor.clone())
            .timeout(SECOND)
            .run(async |s| {
                let inner = fail_fast::<()>()
                    .timeout(2 * SECOND)
                    .run(async |_| pending::<Result<(), ()>>().await);
                s.spawn_parallel(polls.of(inner).map_err(drop));
                pending().await
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    executor.run();
    let before = polls.get();
    executor.clock().advance(3 * SECOND);
    executor.run();
    assert!(polls.get() - before <= 2, "{} polls", polls.get() - before);
    let ended: Result<(), _> = run.finish();
    assert!(ended.expect_err("its time is up").is_deadline_exceeded());
}

polled_on_every_runtime_and_in_virtual_time!(
    a_scope_that_leaves_it_to_another_waits_for_that,
    what_holds_in_one_is_waited_for_within_the_grace_of_the_scope_around,
    finalizers_in_one_share_a_further_grace,
    one_that_left_it_to_another_expires_when_it_is_polled_outside_of_that,
    one_that_left_it_to_a_deadline_expires_when_that_is_moved,
    one_leaves_it_to_a_deadline_that_is_set_in_that_very_poll,
);
