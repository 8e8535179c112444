//! On a deadline or a cancel the children go first, their tasks resolve, and the body gets one more pass to return
//! what it has.

use std::{future::pending, task::Poll, time::Duration};

use futures::FutureExt;
use purview::{Builder, CancelReason, CancelToken, Settled, Task, TaskError, settled, shield};
use purview_tests::{Gate, Log, PollCount, TestClock, by_hand, polled_on_every_runtime, yield_now};

const SECOND: Duration = Duration::from_secs(1);

fn a_second(clock: &TestClock) -> Builder<Settled<&'static str>> {
    settled().runtime(clock.clone()).timeout(SECOND)
}

fn at_the_deadline_finished_children_keep_their_values_and_the_others_say_why() {
    let clock = TestClock::new();
    let mut run = by_hand(a_second(&clock).run(async |s| {
        let tasks: Vec<Task<Result<usize, _>>> = (0..4)
            .map(|i| s.spawn(async move { if i % 2 == 0 { Ok(i) } else { pending().await } }))
            .collect();
        let mut outcomes = vec![];
        for task in tasks {
            outcomes.push(task.await);
        }
        Ok(outcomes)
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    let settlement = run.finish().expect("the body returned what it had");
    let late =
        |outcome: &Result<usize, _>| matches!(outcome, Err(TaskError::Cancelled(CancelReason::DeadlineExceeded)));
    assert!(
        matches!(&settlement.value[..], [Ok(0), b, Ok(2), d] if late(b) && late(d)),
        "{:?}",
        settlement.value
    );
    assert_eq!(settlement.stopped, Some(CancelReason::DeadlineExceeded));
    assert!(
        settlement.failures.is_empty(),
        "a child that was cancelled did not fail"
    );
}

/// A daemon is one of those that it may wait for.
fn its_last_pass_comes_when_the_daemons_have_ended_too() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(a_second(&clock).run(async |s| {
        let holds = shield(gate.wait().map(|()| Ok(7)));
        Ok(s.task().daemon().spawn(holds).await.ok())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish().expect("the body returned what it had").value, Some(7));
}

fn all_of_it_happens_in_the_poll_in_which_the_deadline_fires() {
    let clock = TestClock::new();
    let mut run = by_hand(a_second(&clock).run(async |s| {
        let task: Task<Result<(), _>> = s.spawn(pending());
        Ok(task.await.is_err())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(matches!(run.poll(), Poll::Ready(Ok(settlement)) if settlement.value));
}

fn the_children_are_dropped_before_the_body_is_polled_again() {
    let (clock, log) = (TestClock::new(), Log::new());
    let written = &log;
    let mut run = by_hand(a_second(&clock).run(|s| {
        log.traced("body", async move {
            for name in ["oldest", "newest"] {
                s.spawn(written.traced(name, pending::<Result<(), _>>()));
            }
            let last: Task<Result<(), _>> = s.spawn(pending());
            drop(last.await);
            Ok(())
        })
    }));
    assert!(run.poll_until_idle().is_pending());
    log.clear();
    clock.advance(SECOND);
    assert!(run.finish().is_ok());
    assert_eq!(
        log.entries(),
        ["newest dropped", "oldest dropped", "body polled", "body dropped"]
    );
}

fn a_body_that_does_not_return_in_its_last_pass_is_cancelled_too() {
    let (clock, polls) = (TestClock::new(), PollCount::new());
    let mut run = by_hand(a_second(&clock).run(|s| {
        polls.of(async move {
            let task: Task<Result<(), _>> = s.spawn(pending());
            drop(task.await);
            yield_now().await;
            Ok("too slow")
        })
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    let Poll::Ready(outcome) = run.poll() else {
        panic!("the body had its last pass")
    };
    assert!(outcome.expect_err("the body had no value").is_deadline_exceeded());
    assert_eq!(polls.get(), 2);
}

fn a_body_that_waits_for_something_else_gets_its_last_pass_all_the_same() {
    let clock = TestClock::new();
    let mut run = by_hand(a_second(&clock).run(async |_| pending::<Result<(), _>>().await));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    let Poll::Ready(outcome) = run.poll() else {
        panic!("no child holds")
    };
    assert!(outcome.expect_err("the body had no value").is_deadline_exceeded());
}

fn a_body_that_holds_is_waited_for() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(a_second(&clock).run(async |s| {
        let task: Task<Result<(), _>> = s.spawn(pending());
        shield(async {
            drop(task.await);
            gate.wait().await;
        })
        .await;
        Ok("saved")
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending(), "it is inside a shield");
    gate.open();
    let settlement = run.finish().expect("the body returned what it had");
    assert_eq!(
        (settlement.value, settlement.stopped),
        ("saved", Some(CancelReason::DeadlineExceeded))
    );
}

fn a_cancel_through_the_handle_or_a_token_keeps_the_value_as_well() {
    for by_token in [false, true] {
        let (token, gate) = (CancelToken::new(), Gate::new());
        let mut run = by_hand(settled::<&str>().cancel_on(&token).run(async |s| {
            let task: Task<Result<(), _>> = s.spawn(pending());
            let (handle, gate, token) = (s.clone(), &gate, &token);
            s.spawn(async move {
                gate.wait().await;
                if by_token {
                    token.cancel_with("enough");
                } else {
                    handle.cancel_with("enough");
                }
                pending::<Result<(), _>>().await
            });
            Ok(task.await.map_err(|e| e.to_string()))
        }));
        assert!(run.poll_until_idle().is_pending());
        gate.open();
        let settlement = run.finish().expect("the body returned what it had");
        assert!(settlement.value.is_err_and(|text| text.contains("enough")));
        assert_eq!(settlement.stopped, Some(CancelReason::Requested(Some("enough".into()))));
    }
}

fn a_body_that_cancels_and_returns_is_a_success_that_says_it_was_stopped() {
    let mut run = by_hand(settled::<&str>().run(async |s| {
        s.spawn(pending::<Result<(), _>>());
        s.cancel();
        Ok(7)
    }));
    let settlement = run.finish().expect("the body returned what it had");
    assert_eq!(
        (settlement.value, settlement.stopped),
        (7, Some(CancelReason::Requested(None)))
    );
}

fn a_scope_whose_body_ended_before_the_cut_keeps_its_value() {
    let clock = TestClock::new();
    let mut run = by_hand(a_second(&clock).run(async |s| {
        s.spawn(pending::<Result<(), _>>());
        Ok(7)
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    let settlement = run.finish().expect("the body had returned");
    assert_eq!(
        (settlement.value, settlement.stopped),
        (7, Some(CancelReason::DeadlineExceeded))
    );
}

polled_on_every_runtime!(
    its_last_pass_comes_when_the_daemons_have_ended_too,
    at_the_deadline_finished_children_keep_their_values_and_the_others_say_why,
    all_of_it_happens_in_the_poll_in_which_the_deadline_fires,
    the_children_are_dropped_before_the_body_is_polled_again,
    a_body_that_does_not_return_in_its_last_pass_is_cancelled_too,
    a_body_that_waits_for_something_else_gets_its_last_pass_all_the_same,
    a_body_that_holds_is_waited_for,
    a_cancel_through_the_handle_or_a_token_keeps_the_value_as_well,
    a_body_that_cancels_and_returns_is_a_success_that_says_it_was_stopped,
    a_scope_whose_body_ended_before_the_cut_keeps_its_value,
);
