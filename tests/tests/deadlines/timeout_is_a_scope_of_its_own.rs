//! `timeout` bounds one future as a scope would: what holds inside it may clean up.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use purview::{
    Builder, CancelReason, DeadlineExceeded, FailFast, TaskError, Timer, cancelled, deadline, fail_fast, remaining,
    scope, settled, shield, timeout, timeout_at,
};
use purview_tests::{
    ByHand, Gate, Log, PanicsOnDrop, PollCount, TestClock, by_hand, caught, message_of, on_every_runtime, poll_once,
    polled_on_every_runtime, yields,
};

const SECOND: Duration = Duration::from_secs(1);

fn on(clock: &TestClock) -> Builder<FailFast<DeadlineExceeded>> {
    fail_fast().runtime(clock.clone())
}

async fn a_future_that_is_in_time_gives_its_value() {
    assert_eq!(timeout(Duration::MAX, yields(3)).await, Ok(()));
    assert_eq!(scope(async |_| timeout(Duration::MAX, async { 7 }).await).await, Ok(7));
    let borrowed = [1, 2, 3];
    assert_eq!(timeout(Duration::MAX, async { borrowed.len() }).await, Ok(3));
}

fn a_future_that_is_late_is_dropped_and_the_caller_goes_on() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).run(async |s| {
        let late = timeout(SECOND, log.traced("late", pending::<()>())).await;
        log.note(format!("in time: {}", late.is_ok()));
        Ok(s.is_cancelled())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert_eq!(run.finish().ok(), Some(false));
    let entries = log.entries();
    assert_eq!(entries[entries.len() - 2..], ["late dropped", "in time: false"]);
}

fn one_that_is_late_and_is_kept_has_dropped_its_future() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let mut kept = Box::pin(timeout(SECOND, log.traced("late", pending::<()>())));
        assert!((&mut kept).await.is_err());
        let dropped = log.has("late dropped");
        drop(kept);
        Ok(dropped)
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert_eq!(run.finish().ok(), Some(true));
}

/// However it has come to its end: in time, late, or late after a grace.
fn one_that_has_completed_says_so_when_it_is_polled_again() {
    let clock = TestClock::new();
    let gate = Gate::new();
    let mut run = by_hand(on(&clock).run(async |_| {
        let mut in_time = by_hand(timeout(SECOND, async { 7 }));
        let mut late = by_hand(timeout(SECOND, Box::pin(pending::<()>())));
        let mut borrows = by_hand(timeout(SECOND, pending::<()>()));
        let mut held = by_hand(timeout(SECOND, shield(gate.wait())));
        assert_eq!(in_time.finish(), Ok(7));
        assert!(late.poll().is_pending() && borrows.poll().is_pending() && held.poll().is_pending());
        clock.advance(SECOND);
        assert!(late.finish().is_err() && borrows.finish().is_err());
        assert!(held.poll_until_idle().is_pending());
        gate.open();
        assert!(held.finish().is_ok());
        let again = [
            polled_once_more(&mut in_time),
            polled_once_more(&mut late),
            polled_once_more(&mut borrows),
            polled_once_more(&mut held),
        ];
        assert!(again.iter().all(|message| message.contains("timeout")), "{again:?}");
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

/// The message of the panic of one more poll.
fn polled_once_more<F: Future>(future: &mut ByHand<F>) -> String {
    let polled = catch_unwind(AssertUnwindSafe(|| drop(future.poll())));
    message_of(&*polled.expect_err("it has no value any more"))
}

/// As a child's does.
fn a_panic_in_the_destructor_of_its_future_comes_out() {
    let mut run = by_hand(settled::<()>().runtime(TestClock::new()).run(async |s| {
        let dropped = s.spawn(async {
            let mut late = by_hand(timeout(SECOND, async {
                let _value = PanicsOnDrop("inside");
                pending::<()>().await;
            }));
            assert!(late.poll().is_pending());
            drop(late);
            Ok(())
        });
        Ok(dropped.await)
    }));
    let settlement = run.finish().expect("the body worked");
    let panicked = matches!(&settlement.value, Err(TaskError::Panicked(panic)) if panic.message() == Some("inside"));
    assert!(panicked, "{settlement:?}");
}

/// It has panicked in the time that it was given to end; what is left of the hold waits for nothing.
fn a_hold_that_was_forgotten_inside_does_not_outlast_a_panic() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let late = timeout(SECOND, async {
            let mut held = Box::pin(shield(pending::<()>()));
            assert!(poll_once(held.as_mut()).await.is_pending());
            std::mem::forget(held);
            gate.wait().await;
            panic!("in its grace");
        });
        Ok(caught(late).await.expect_err("it panicked"))
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish().ok().as_deref(), Some("in its grace"));
}

fn its_error_goes_through_the_question_mark() {
    let clock = TestClock::new();
    let mut run = by_hand(on(&clock).run(async |_| {
        timeout_at(clock.now() + SECOND, pending::<()>()).await?;
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    let error = run.finish().expect_err("the body failed");
    assert!(error.is_failed(), "to the scope it is a failure like any other");
    assert!(!error.into_failure().expect("the timeout's").to_string().is_empty());
}

/// It was cancelled with the scope that it has left. Nothing around it reports that its time is up.
fn one_that_has_left_a_cancelled_scope_ends_when_its_time_runs_out_during_a_poll() {
    for asks in [false, true] {
        let clock = TestClock::new();
        let mut kept = None;
        let cancelled = on(&clock).run(async |s| {
            let clock = clock.clone();
            let mut left = Box::pin(timeout(SECOND, async move {
                if asks {
                    assert!(deadline().is_some());
                }
                yields(1).await;
                clock.advance(SECOND);
                pending::<()>().await;
            }));
            assert!(poll_once(left.as_mut()).await.is_pending());
            s.cancel();
            kept = Some(left);
            Ok(())
        });
        assert!(by_hand(cancelled).finish().is_ok());
        let left = kept.expect("the body has kept it");
        assert!(by_hand(left).finish().is_err(), "asks: {asks}");
    }
}

fn a_timeout_of_zero_never_polls_its_future() {
    let (clock, polls) = (TestClock::new(), PollCount::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        assert!(timeout(Duration::ZERO, polls.of(async {})).await.is_err());
        assert!(timeout_at(clock.now(), polls.of(async {})).await.is_err());
        Ok(())
    }));
    assert!(run.finish().is_ok());
    assert_eq!(polls.get(), 0);
}

fn a_value_in_the_pass_in_which_it_fires_wins() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).run(async |_| timeout(SECOND, gate.wait()).await));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    gate.open();
    assert!(run.finish().is_ok());
}

fn what_holds_inside_it_is_waited_for_and_it_is_late_all_the_same() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let late = timeout(SECOND, async {
            shield(gate.wait()).await;
            log.note("cleaned up");
            pending::<()>().await;
        });
        log.note(format!("in time: {}", late.await.is_ok()));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(
        run.poll_until_idle().is_pending(),
        "a runtime's own timeout would have dropped it"
    );
    gate.open();
    assert!(run.finish().is_ok());
    assert_eq!(log.entries(), ["cleaned up", "in time: false"]);
}

fn a_value_that_comes_while_what_holds_is_waited_for_is_a_value() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).run(async |_| timeout(SECOND, shield(gate.wait())).await));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert!(run.finish().is_ok());
}

fn its_future_is_told_when_it_is_late_and_its_scopes_see_their_parent_cancelled() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let late = timeout(SECOND, async {
            let inner = scope(async |s| {
                s.spawn(async { log.note(format!("inner: {:?}", cancelled().await)) });
                pending::<()>().await;
            });
            futures::future::join(inner, async {
                log.note(format!("future: {:?}", cancelled().await));
            })
            .await;
        });
        assert!(late.await.is_err());
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.finish().is_ok());
    let told = log.entries();
    assert!(
        told.contains(&format!("future: {:?}", CancelReason::Parent)),
        "{told:?}"
    );
    assert!(told.contains(&format!("inner: {:?}", CancelReason::Parent)), "{told:?}");
}

fn its_future_sees_its_deadline() {
    let clock = TestClock::new();
    let start = clock.now();
    let mut run = by_hand(on(&clock).timeout(9 * SECOND).run(async |_| {
        let inside = timeout(SECOND, async { (deadline(), remaining()) }).await?;
        assert_eq!(inside, (Some(start + SECOND), Some(SECOND)));
        let looser = timeout(10 * SECOND, async { deadline() }).await?;
        assert_eq!(
            (looser, deadline()),
            (Some(start + 9 * SECOND), Some(start + 9 * SECOND))
        );
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

on_every_runtime!(a_future_that_is_in_time_gives_its_value);
polled_on_every_runtime!(
    one_that_has_completed_says_so_when_it_is_polled_again,
    a_panic_in_the_destructor_of_its_future_comes_out,
    a_hold_that_was_forgotten_inside_does_not_outlast_a_panic,
    a_future_that_is_late_is_dropped_and_the_caller_goes_on,
    one_that_is_late_and_is_kept_has_dropped_its_future,
    its_error_goes_through_the_question_mark,
    one_that_has_left_a_cancelled_scope_ends_when_its_time_runs_out_during_a_poll,
    a_timeout_of_zero_never_polls_its_future,
    a_value_in_the_pass_in_which_it_fires_wins,
    what_holds_inside_it_is_waited_for_and_it_is_late_all_the_same,
    a_value_that_comes_while_what_holds_is_waited_for_is_a_value,
    its_future_is_told_when_it_is_late_and_its_scopes_see_their_parent_cancelled,
    its_future_sees_its_deadline,
);
