//! With plain children a fail-fast scope resolves in the same poll in which the error appeared, whatever its grace.

use std::{future::pending, task::Poll, time::Duration};

use purview::{Builder, FailFast, ScopeError, fail_fast, try_scope};
use purview_tests::{Gate, TestClock, by_hand, polled_on_every_runtime};

type Failing = Builder<FailFast<&'static str>>;

/// Polls once until idle, lets a child fail, polls exactly once more.
fn resolves_in_one_poll(builder: Failing, siblings: usize) -> ScopeError<&'static str> {
    let gate = Gate::new();
    let mut run = by_hand(builder.run(async |s| {
        for _ in 0..siblings {
            s.spawn(pending::<Result<(), _>>());
        }
        s.spawn(async {
            gate.wait().await;
            Err::<(), _>("no")
        });
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    match run.poll() {
        Poll::Ready(outcome) => outcome.expect_err("a child failed"),
        Poll::Pending => panic!("the scope waits though no child holds"),
    }
}

fn without_a_grace() {
    assert_eq!(resolves_in_one_poll(fail_fast(), 10).into_failure(), Some("no"));
}

fn with_a_grace_of_a_minute_and_no_timer_for_it() {
    let clock = TestClock::new();
    let error = resolves_in_one_poll(fail_fast().runtime(clock.clone()).grace(Duration::from_secs(60)), 10);
    assert_eq!(error.into_failure(), Some("no"));
    assert_eq!(clock.timers_created(), 0, "no child is waited for, so nothing is timed");
}

fn with_a_grace_of_zero() {
    assert_eq!(
        resolves_in_one_poll(fail_fast().grace(Duration::ZERO), 10).into_failure(),
        Some("no")
    );
}

fn with_more_siblings_than_steps_in_a_pass() {
    assert_eq!(resolves_in_one_poll(fail_fast(), 10_000).into_failure(), Some("no"));
}

fn in_the_very_first_poll() {
    let mut run = by_hand(try_scope(async |s| {
        s.spawn(pending::<Result<(), _>>());
        s.spawn(async { Err::<(), _>("no") });
        pending::<Result<(), _>>().await
    }));
    assert_eq!(run.poll(), Poll::Ready(Err("no")));
}

fn in_the_poll_in_which_the_body_fails() {
    let gate = Gate::new();
    let mut run = by_hand(try_scope(async |s| {
        s.spawn(pending::<Result<(), _>>());
        gate.wait().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.poll(), Poll::Ready(Err("no")));
}

fn through_sixteen_scopes() {
    fn nested(left: usize, gate: Gate) -> futures::future::BoxFuture<'static, Result<(), &'static str>> {
        Box::pin(try_scope(async move |s| {
            s.spawn(pending::<Result<(), _>>());
            if left == 0 {
                s.spawn(async move {
                    gate.wait().await;
                    Err::<(), _>("no")
                });
            } else {
                s.spawn(nested(left - 1, gate));
            }
            pending::<Result<(), _>>().await
        }))
    }
    let gate = Gate::new();
    let mut run = by_hand(nested(15, gate.clone()));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.poll(), Poll::Ready(Err("no")));
}

polled_on_every_runtime!(
    without_a_grace,
    with_a_grace_of_a_minute_and_no_timer_for_it,
    with_a_grace_of_zero,
    with_more_siblings_than_steps_in_a_pass,
    in_the_very_first_poll,
    in_the_poll_in_which_the_body_fails,
    through_sixteen_scopes,
);
