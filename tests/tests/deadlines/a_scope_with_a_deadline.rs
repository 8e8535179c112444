//! At its deadline a scope is cancelled, unless it had its value by then.

use std::{
    future::pending,
    task::Poll,
    time::{Duration, Instant},
};

use purview::{Builder, CancelReason, FailFast, Timer, fail_fast, shield, sleep, sleep_until};
use purview_tests::{Gate, Log, PollCount, TestClock, by_hand, polled_on_every_runtime};

const SECOND: Duration = Duration::from_secs(1);

fn on(clock: &TestClock) -> Builder<FailFast<&'static str>> {
    fail_fast().runtime(clock.clone())
}

fn expiry_drops_body_and_children_at_the_deadline_and_not_before() {
    let (clock, log) = (TestClock::new(), Log::new());
    let written = &log;
    let mut run = by_hand(on(&clock).timeout(SECOND).run(|s| {
        log.traced("body", async move {
            for name in ["oldest", "newest"] {
                s.spawn(written.traced(name, pending::<Result<(), _>>()));
            }
            pending::<Result<(), _>>().await
        })
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(Duration::from_nanos(999_999_999));
    assert!(run.poll_until_idle().is_pending());
    log.clear();
    clock.advance(Duration::from_nanos(1));
    assert!(run.finish().expect_err("it was late").is_deadline_exceeded());
    assert_eq!(log.entries(), ["body dropped", "newest dropped", "oldest dropped"]);
}

fn a_shutdown_that_the_deadline_cuts_short_stays_the_reason() {
    let clock = TestClock::new();
    let (service, driver) = on(&clock).timeout(SECOND).open();
    let mut driver = by_hand(driver);
    service.spawn(pending::<Result<(), _>>());
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(service.shutdown(60 * SECOND));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(SECOND);
    let error = driver.finish().expect_err("a child was dropped");
    assert_eq!(error.reason(), &CancelReason::Requested(Some("shutdown".into())));
}

fn an_earlier_end_gives_the_value_and_leaves_no_timer_and_no_wake_behind() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |_| {
        gate.wait().await;
        Ok(7)
    }));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(clock.timers_alive(), 1);
    gate.open();
    assert_eq!(run.finish().ok(), Some(7));
    assert_eq!(clock.timers_alive(), 0);
    let wakes = run.wakes();
    clock.advance(10 * SECOND);
    assert_eq!(run.wakes(), wakes);
}

fn a_deadline_that_is_already_past_never_polls_the_body() {
    let clock = TestClock::new();
    let past = clock.now();
    clock.advance(SECOND);
    for late in [
        on(&clock).timeout(Duration::ZERO),
        on(&clock).deadline(past),
        on(&clock).deadline(clock.now()),
    ] {
        let (polls, log) = (PollCount::new(), Log::new());
        let guard = log.on_drop("body");
        let mut run = by_hand(late.run(|_| {
            polls.of(async move {
                drop(guard);
                Ok(())
            })
        }));
        let Poll::Ready(outcome) = run.poll() else {
            panic!("nothing to wait for")
        };
        assert!(outcome.expect_err("it was late").is_deadline_exceeded());
        assert_eq!((polls.get(), log.entries()), (0, vec!["body dropped".to_owned()]));
    }
}

fn a_value_in_the_pass_in_which_the_deadline_fires_wins() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |_| {
        gate.wait().await;
        Ok("just in time")
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    gate.open();
    assert_eq!(run.finish().ok(), Some("just in time"));
}

fn a_failure_in_the_pass_in_which_the_deadline_fires_wins() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |s| {
        s.spawn(async {
            gate.wait().await;
            Err::<(), _>("no")
        });
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    gate.open();
    let error = run.finish().expect_err("a child failed");
    assert!(error.is_failed());
    assert_eq!(error.into_failure(), Some("no"));
}

/// A child that was woken by then is polled first.
fn a_deadline_that_passes_during_a_pass_is_seen_in_the_next() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |s| {
        let waits = s.spawn(async {
            gate.wait().await;
            Ok(7)
        });
        s.spawn(async {
            clock.advance(SECOND);
            gate.open();
            Ok(())
        });
        Ok(waits.await)
    }));
    assert_eq!(run.finish().ok(), Some(7));
}

fn a_failure_before_the_deadline_is_no_deadline() {
    let clock = TestClock::new();
    let mut run = by_hand(on(&clock).timeout(2 * SECOND).run(async |s| {
        s.spawn(async {
            sleep(SECOND).await;
            Err::<(), _>("no")
        });
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    let error = run.finish().expect_err("a child failed");
    assert_eq!((error.is_failed(), error.is_deadline_exceeded()), (true, false));
}

fn a_body_that_returns_its_value_after_expiry_is_late_all_the_same() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |_| {
        shield(gate.wait()).await;
        Ok("too late")
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending(), "the shield is waited for");
    gate.open();
    assert!(run.finish().expect_err("it was late").is_deadline_exceeded());
}

fn a_timeout_counts_from_the_first_poll() {
    let clock = TestClock::new();
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |_| {
        sleep(SECOND / 2).await;
        Ok(7)
    }));
    clock.advance(10 * SECOND);
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND / 2);
    assert_eq!(run.finish().ok(), Some(7));
}

fn the_earlier_of_a_timeout_and_a_deadline_counts() {
    for timeout_first in [true, false] {
        let clock = TestClock::new();
        let (timeout, deadline) = if timeout_first {
            (SECOND, 9 * SECOND)
        } else {
            (9 * SECOND, SECOND)
        };
        let both = on(&clock).timeout(timeout).deadline(clock.now() + deadline);
        let mut run = by_hand(both.run(async |_| pending::<Result<(), _>>().await));
        assert!(run.poll_until_idle().is_pending());
        clock.advance(SECOND);
        assert!(run.finish().expect_err("it was late").is_deadline_exceeded());
    }
}

fn durations_beyond_the_clock_mean_no_deadline() {
    for huge in [
        Duration::MAX,
        Duration::new(u64::MAX, 999_999_998),
        Duration::from_secs(u64::MAX / 2),
    ] {
        let (clock, gate) = (TestClock::new(), Gate::new());
        let mut run = by_hand(on(&clock).timeout(huge).grace(huge).run(async |_| {
            assert_eq!((purview::deadline(), purview::remaining()), (None, None));
            gate.wait().await;
            Ok(7)
        }));
        assert!(run.poll_until_idle().is_pending());
        clock.advance(1_000_000 * SECOND);
        assert!(run.poll_until_idle().is_pending());
        gate.open();
        assert_eq!(run.finish().ok(), Some(7));
    }
}

fn sleeping_ends_when_the_clock_of_the_scope_says_so() {
    let (clock, log) = (TestClock::new(), Log::new());
    let wake: Instant = clock.now() + 2 * SECOND;
    let mut run = by_hand(on(&clock).run(async |s| {
        s.spawn(async {
            sleep(SECOND).await;
            log.note("a second");
            Ok(())
        });
        sleep_until(wake).await;
        log.note("two seconds");
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["a second"]);
    clock.advance(SECOND);
    assert!(run.finish().is_ok());
    assert_eq!(log.entries(), ["a second", "two seconds"]);
}

polled_on_every_runtime!(
    expiry_drops_body_and_children_at_the_deadline_and_not_before,
    a_shutdown_that_the_deadline_cuts_short_stays_the_reason,
    an_earlier_end_gives_the_value_and_leaves_no_timer_and_no_wake_behind,
    a_deadline_that_is_already_past_never_polls_the_body,
    a_value_in_the_pass_in_which_the_deadline_fires_wins,
    a_failure_in_the_pass_in_which_the_deadline_fires_wins,
    a_deadline_that_passes_during_a_pass_is_seen_in_the_next,
    a_failure_before_the_deadline_is_no_deadline,
    a_body_that_returns_its_value_after_expiry_is_late_all_the_same,
    a_timeout_counts_from_the_first_poll,
    the_earlier_of_a_timeout_and_a_deadline_counts,
    durations_beyond_the_clock_mean_no_deadline,
    sleeping_ends_when_the_clock_of_the_scope_says_so,
);
