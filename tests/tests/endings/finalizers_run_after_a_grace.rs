//! The grace of a scope that was cancelled, or whose deadline has come, ends for the whole subtree, and its finalizers share
//! one further grace.

use std::{future::pending, time::Duration};

use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use purview::{Builder, CancelToken, FailFast, Scope, fail_fast, gather, scope, shield, sleep, timeout, try_scope};
use purview_tests::{Gate, Log, TestClock, by_hand, polled_on_every_runtime_and_in_virtual_time};

const SECOND: Duration = Duration::from_secs(1);
const GRACE: Duration = Duration::from_secs(10);

/// A finalizer that takes a second and notes that it has run.
async fn flushes(log: Log, name: &'static str) {
    sleep(SECOND).await;
    log.note(name);
}

/// Cancels a scope with that grace around `inside`; gives after how many seconds it resolved.
fn cancelled_after(
    clock: &TestClock,
    built: Builder<FailFast<()>>,
    fill: impl FnOnce(&Scope<'_, FailFast<()>>),
) -> u32 {
    let token = CancelToken::new();
    let mut run = by_hand(built.runtime(clock.clone()).cancel_on(&token).run(async |s| {
        fill(&s);
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    for seconds in 0..100 {
        if run.poll_until_idle().is_ready() {
            return seconds;
        }
        clock.advance(SECOND);
    }
    panic!("it does not end");
}

fn after_the_grace_of_a_scope_that_is_cancelled() {
    let (clock, log) = (TestClock::new(), Log::new());
    let seconds = cancelled_after(&clock, fail_fast().grace(GRACE), |s| {
        s.defer(flushes(log.clone(), "flushed"));
        s.spawn(shield(pending::<Result<(), _>>()));
    });
    assert_eq!((log.entries(), seconds), (vec!["flushed".to_owned()], 11));
}

/// The grace is that of the scope around; the finalizers are those of scopes inside.
fn after_the_grace_of_a_scope_around() {
    let (clock, log) = (TestClock::new(), Log::new());
    let seconds = cancelled_after(&clock, fail_fast().grace(GRACE), |s| {
        s.defer(flushes(log.clone(), "outer"));
        let log = log.clone();
        s.spawn(try_scope(async move |inner| {
            inner.defer(flushes(log.clone(), "inner"));
            inner.spawn(shield(pending::<Result<(), _>>())).await;
            Ok(())
        }));
    });
    assert_eq!(
        (log.entries(), seconds),
        (vec!["inner".to_owned(), "outer".to_owned()], 12)
    );
}

/// A scope in a member of a gather, in a timeout, in a child.
fn through_a_gather_and_a_timeout() {
    let (clock, log) = (TestClock::new(), Log::new());
    let seconds = cancelled_after(&clock, fail_fast().grace(GRACE), |s| {
        s.defer(flushes(log.clone(), "outer"));
        let log = log.clone();
        let member = async move {
            let inner = scope(async |inner| {
                inner.defer(flushes(log, "inner"));
                inner.spawn(shield(pending::<()>())).await;
            });
            timeout(1_000 * SECOND, inner).await.map_err(drop)
        };
        s.spawn(gather([member]).map(|_| Ok(())));
    });
    assert_eq!(
        (log.entries(), seconds),
        (vec!["inner".to_owned(), "outer".to_owned()], 12)
    );
}

fn at_a_deadline() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(
        fail_fast::<()>()
            .runtime(clock.clone())
            .timeout(SECOND)
            .grace(GRACE)
            .run(async |s| {
                s.defer(flushes(log.clone(), "flushed"));
                s.spawn(shield(pending::<Result<(), _>>()));
                pending::<Result<(), _>>().await
            }),
    );
    for _ in 0..12 {
        assert!(run.poll_until_idle().is_pending());
        clock.advance(SECOND);
    }
    assert!(run.finish().expect_err("it was late").is_deadline_exceeded());
    assert_eq!(log.entries(), ["flushed"]);
}

fn one_that_has_begun_when_the_grace_ends_has_the_further_grace_too() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let token = CancelToken::new();
    let mut run = by_hand(
        fail_fast::<()>()
            .runtime(clock.clone())
            .grace(GRACE)
            .cancel_on(&token)
            .run(async |s| {
                s.defer(log.traced("finalizer", gate.wait()));
                pending::<Result<(), _>>().await
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending());
    clock.advance(GRACE + SECOND);
    assert!(run.poll_until_idle().is_pending());
    assert!(!log.has("finalizer dropped"));
    gate.open();
    assert!(run.finish().is_err());
}

fn without_a_grace_they_have_no_bound() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let token = CancelToken::new();
    let mut run = by_hand(
        fail_fast::<()>()
            .runtime(clock.clone())
            .cancel_on(&token)
            .run(async |s| {
                s.defer(log.traced("finalizer", gate.wait()));
                pending::<Result<(), _>>().await
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending());
    clock.advance(1_000 * GRACE);
    assert!(run.poll_until_idle().is_pending());
    assert!(!log.has("finalizer dropped"));
    gate.open();
    assert!(run.finish().is_err());
}

/// That is the one way to cut them: at any depth, without a poll.
fn but_not_under_a_grace_of_zero() {
    let (clock, log) = (TestClock::new(), Log::new());
    let seconds = cancelled_after(&clock, fail_fast().grace(Duration::ZERO), |s| {
        s.defer(log.traced("outer", async {}));
        let log = log.clone();
        s.spawn(try_scope(async move |inner| {
            inner.defer(log.traced("inner", async {}));
            inner.spawn(shield(pending::<Result<(), _>>())).await;
            Ok(())
        }));
    });
    assert_eq!(seconds, 0);
    assert_eq!(log.entries(), ["inner dropped", "outer dropped"]);
}

/// One whose time is up no later than that of the scope around leaves it to that scope to report this.
fn beside_a_timeout_that_left_its_deadline_to_the_scope() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let mut run = by_hand(
        fail_fast::<()>()
            .runtime(clock.clone())
            .timeout(SECOND)
            .grace(GRACE)
            .run(async |s| {
                s.spawn(async {
                    let finalizes = scope(async |t| {
                        t.defer(gate.wait());
                        pending::<()>().await;
                    });
                    let holds = timeout(SECOND, log.traced("held", shield(pending::<()>()))).map(drop);
                    // Each has a waker of its own.
                    let both = FuturesUnordered::from_iter([finalizes.left_future(), holds.right_future()]);
                    both.collect::<Vec<_>>().await;
                    Ok(())
                });
                pending::<Result<(), _>>().await
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    assert!(!log.has("held dropped"), "it has its grace");
    clock.advance(GRACE);
    assert!(run.poll_until_idle().is_pending());
    assert!(log.has("held dropped"), "only the finalizer is given more time");
    gate.open();
    assert!(run.finish().is_err());
}

polled_on_every_runtime_and_in_virtual_time!(
    beside_a_timeout_that_left_its_deadline_to_the_scope,
    after_the_grace_of_a_scope_that_is_cancelled,
    after_the_grace_of_a_scope_around,
    through_a_gather_and_a_timeout,
    at_a_deadline,
    one_that_has_begun_when_the_grace_ends_has_the_further_grace_too,
    without_a_grace_they_have_no_bound,
    but_not_under_a_grace_of_zero,
);
