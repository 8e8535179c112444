//! A grace bounds how long what holds is waited for; without one there is no bound. Its finalizers have the same time again.

use std::{future::pending, task::Poll, time::Duration};

use purview::{Builder, CancelReason, CancelToken, FailFast, fail_fast, shield};
use purview_tests::{Gate, Log, TestClock, by_hand, polled_on_every_runtime, yield_now};

const SECOND: Duration = Duration::from_secs(1);

fn on(clock: &TestClock) -> Builder<FailFast<&'static str>> {
    fail_fast().runtime(clock.clone())
}

/// Holds for ever.
async fn refuses_to_end(log: &Log) -> Result<(), &'static str> {
    shield(log.traced("holder", pending())).await
}

fn at_its_end_the_holders_are_dropped() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).grace(5 * SECOND).run(async |s| {
        s.spawn(refuses_to_end(&log));
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(Duration::new(4, 999_999_999));
    assert!(run.poll_until_idle().is_pending());
    assert!(!log.has("holder dropped"));
    clock.advance(Duration::from_nanos(1));
    let error = run.finish().expect_err("the body failed");
    assert_eq!(error.failures().len(), 1, "a child that was cut did not fail");
    assert_eq!(error.into_failure(), Some("no"));
    assert!(log.has("holder dropped"));
    assert_eq!(clock.timers_alive(), 0);
}

fn of_zero_waits_for_nothing() {
    let log = Log::new();
    let fail = Gate::new();
    let mut run = by_hand(fail_fast::<&str>().grace(Duration::ZERO).run(async |s| {
        s.spawn(refuses_to_end(&log));
        s.defer(log.traced("finalizer", async {}));
        fail.wait().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    fail.open();
    let Poll::Ready(outcome) = run.poll() else {
        panic!("no child is waited for")
    };
    assert_eq!(outcome.expect_err("the body failed").into_failure(), Some("no"));
    assert_eq!(log.entries(), ["holder polled", "holder dropped", "finalizer dropped"]);
}

fn that_of_one_child_wakes_the_scope_at_its_end() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).grace(5 * SECOND).run(async |s| {
        let task = s.spawn(refuses_to_end(&log));
        yield_now().await;
        task.cancel();
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    let wakes = run.wakes();
    clock.advance(5 * SECOND);
    assert_eq!(run.wakes(), wakes + 1);
    assert!(run.poll_until_idle().is_pending());
    assert!(log.has("holder dropped"));
}

fn without_one_there_is_no_bound() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).run(async |s| {
        s.spawn(async {
            shield(gate.wait()).await;
            Ok(())
        });
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(1_000_000 * SECOND);
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(clock.timers_created(), 0);
    gate.open();
    assert!(run.finish().is_err());
}

fn a_holder_that_ends_earlier_ends_the_scope_earlier_and_leaves_no_timer() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).grace(5 * SECOND).run(async |s| {
        s.spawn(async {
            shield(gate.wait()).await;
            Ok(())
        });
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    gate.open();
    assert!(run.finish().is_err());
    assert_eq!(clock.timers_alive(), 0);
}

fn it_does_not_run_before_the_cancel() {
    let (clock, fail, log) = (TestClock::new(), Gate::new(), Log::new());
    let mut run = by_hand(on(&clock).grace(5 * SECOND).run(async |s| {
        s.spawn(refuses_to_end(&log));
        fail.wait().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(100 * SECOND);
    assert!(run.poll_until_idle().is_pending());
    fail.open();
    assert!(run.poll_until_idle().is_pending(), "it starts now");
    clock.advance(5 * SECOND);
    assert!(run.finish().is_err());
}

fn a_second_cancel_does_not_start_it_again() {
    let (clock, token, log) = (TestClock::new(), CancelToken::new(), Log::new());
    let mut run = by_hand(on(&clock).grace(5 * SECOND).cancel_on(&token).run(async |s| {
        s.spawn(refuses_to_end(&log));
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel_with("first");
    assert!(run.poll_until_idle().is_pending());
    clock.advance(3 * SECOND);
    token.cancel_with("second");
    assert!(run.poll_until_idle().is_pending());
    clock.advance(2 * SECOND);
    let error = run.finish().expect_err("it was cancelled");
    assert_eq!(error.reason(), &CancelReason::Requested(Some("first".into())));
}

fn after_a_deadline_it_starts_at_the_deadline() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).timeout(SECOND).grace(2 * SECOND).run(async |s| {
        s.spawn(refuses_to_end(&log));
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.finish().expect_err("it was late").is_deadline_exceeded());
}

/// Cancels an outer scope around an inner one with a holder; says after how many seconds all of it has ended.
fn seconds_until_the_end(outer: Option<u32>, inner: Option<u32>) -> Option<u32> {
    let (clock, token, log) = (TestClock::new(), CancelToken::new(), Log::new());
    let with = |builder: Builder<FailFast<&'static str>>, grace: Option<u32>| match grace {
        Some(seconds) => builder.grace(seconds * SECOND),
        None => builder,
    };
    let mut run = by_hand(with(on(&clock).cancel_on(&token), outer).run(async |s| {
        let inner = with(fail_fast(), inner).run(async |inner| {
            inner.spawn(refuses_to_end(&log));
            pending::<Result<(), _>>().await
        });
        s.spawn(async { inner.await.map_err(|_| "inner") });
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    for seconds in 0..20 {
        if run.poll_until_idle().is_ready() {
            assert!(log.has("holder dropped"));
            return Some(seconds);
        }
        clock.advance(SECOND);
    }
    None
}

fn of_nested_scopes_the_grace_that_runs_out_first_counts() {
    assert_eq!(seconds_until_the_end(Some(2), Some(10)), Some(2));
    assert_eq!(seconds_until_the_end(Some(10), Some(2)), Some(2));
    assert_eq!(seconds_until_the_end(Some(3), None), Some(3));
    assert_eq!(seconds_until_the_end(None, Some(4)), Some(4));
    assert_eq!(seconds_until_the_end(Some(0), Some(10)), Some(0));
    assert_eq!(seconds_until_the_end(None, None), None);
}

fn at_its_end_finalizers_share_one_further_grace() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let mut run = by_hand(on(&clock).grace(5 * SECOND).run(async |s| {
        s.defer(log.traced("outlasts it", pending::<()>()));
        s.spawn(async {
            shield(gate.wait()).await;
            Ok(())
        });
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(4 * SECOND);
    gate.open();
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["outlasts it polled"]);
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    clock.advance(4 * SECOND);
    assert!(run.poll_until_idle().is_pending());
    assert!(!log.has("outlasts it dropped"));
    clock.advance(SECOND);
    assert!(run.finish().is_err());
    assert!(log.has("outlasts it dropped"), "twice the grace has passed");
    assert_eq!(clock.timers_alive(), 0);
}

polled_on_every_runtime!(
    at_its_end_the_holders_are_dropped,
    of_zero_waits_for_nothing,
    that_of_one_child_wakes_the_scope_at_its_end,
    without_one_there_is_no_bound,
    a_holder_that_ends_earlier_ends_the_scope_earlier_and_leaves_no_timer,
    it_does_not_run_before_the_cancel,
    a_second_cancel_does_not_start_it_again,
    after_a_deadline_it_starts_at_the_deadline,
    of_nested_scopes_the_grace_that_runs_out_first_counts,
    at_its_end_finalizers_share_one_further_grace,
);
