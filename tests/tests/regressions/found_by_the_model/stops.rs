//! What a cancellation, a panic or the end of a grace does.

use std::{
    future::{pending, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
    time::Duration,
};

use futures::future::join3;
use purview::{Builder, CancelToken, FailFast, Ready, cancelled, fail_fast, scope, shield, timeout};
use purview_tests::{
    Log, PanicsOnDrop, TestClock, by_hand, on_every_runtime_and_in_virtual_time,
    polled_on_every_runtime_and_in_virtual_time, yield_now,
};

const SECOND: Duration = Duration::from_secs(1);

fn on(clock: &TestClock) -> Builder<FailFast<()>> {
    fail_fast().runtime(clock.clone())
}

/// Whether a wait held was decided when it began, inside the shield.
fn a_wait_is_told_though_its_scope_has_moved_out_of_a_shield() {
    let (clock, log, token) = (TestClock::new(), Log::new(), CancelToken::new());
    let mut run = by_hand(on(&clock).cancel_on(token.clone()).run(async |s| {
        let told = s.token();
        let mut inner = pin!(scope(async |_| {
            told.cancelled().await;
            log.note("told");
        }));
        shield(poll_fn(|cx| {
            assert!(inner.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        }))
        .await;
        inner.await;
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    drop(run.finish());
    assert_eq!(log.entries(), ["told"]);
}

/// The body was polled before the panic was looked at.
fn a_panic_of_a_child_that_was_cancelled_alone_stops_the_body_at_once() {
    let log = Log::new();
    let mut run = by_hand(scope(async |s| {
        let handle = s.clone();
        s.spawn(async move {
            let bomb = PanicsOnDrop("bomb");
            let child = handle.spawn(async move {
                let _bomb = bomb;
            });
            child.cancel();
        });
        yield_now().await;
        log.note("the body goes on");
    }));
    assert!(catch_unwind(AssertUnwindSafe(|| run.finish())).is_err());
    assert!(log.entries().is_empty());
}

/// A scope that was cut through a shield took itself for one that nothing else had stopped.
fn no_ok_hides_that_a_grace_around_has_ended() {
    let (clock, log, token) = (TestClock::new(), Log::new(), CancelToken::new());
    let mut run = by_hand(on(&clock).grace(SECOND).cancel_on(token.clone()).run(async |s| {
        s.spawn(async {
            shield(async {
                let inner = fail_fast::<()>().run(async |t| {
                    t.defer(async {});
                    t.spawn(pending::<Result<(), ()>>());
                    Ok(())
                });
                log.note(if inner.await.is_ok() { "ok" } else { "stopped" });
            })
            .await;
            Ok(())
        });
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.finish().is_err());
    assert_eq!(log.entries(), ["stopped"]);
}

/// It was forgotten when the grace around ended.
fn a_grace_that_is_shorter_than_the_one_around_still_counts() {
    let (clock, log, token) = (TestClock::new(), Log::new(), CancelToken::new());
    let mut run = by_hand(on(&clock).grace(10 * SECOND).cancel_on(token.clone()).run(async |_| {
        shield(fail_fast::<()>().grace(SECOND).run(async |t| {
            t.defer(log.traced("flush", pending::<()>()));
            Ok(())
        }))
        .await
        .map_err(drop)
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending());
    clock.advance(10 * SECOND);
    assert!(run.poll_until_idle().is_pending());
    assert!(!log.has("flush dropped"));
    clock.advance(2 * SECOND);
    assert!(run.finish().is_err());
    assert!(log.has("flush dropped"));
}

/// It stayed pending, and nothing was left that would drop it.
fn a_scope_that_its_parent_cancelled_says_so_where_that_is_not_around() {
    let (clock, token) = (TestClock::new(), CancelToken::new());
    let mut run = by_hand(on(&clock).cancel_on(token.clone()).run(async |_| {
        let mut inner = pin!(scope(async |_| pending::<()>().await));
        poll_fn(|cx| {
            assert!(inner.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        cancelled().await;
        shield(inner).await;
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    let payload = catch_unwind(AssertUnwindSafe(|| run.finish())).expect_err("it has no value to give");
    assert!(purview_tests::message_of(&*payload).contains("fail_fast()"));
}

/// It was in the queue of the scope, and only a daemon ran.
fn no_ok_hides_a_child_that_waits_to_begin() {
    let token = CancelToken::new();
    let mut run = by_hand(fail_fast::<()>().cancel_on(token.clone()).run(async |s| {
        let handle = s.clone();
        s.task().daemon().spawn(async move {
            drop(handle.spawn(pending::<Result<(), ()>>()));
            token.cancel();
            Ok(())
        });
        Ok(())
    }));
    assert!(run.finish().is_err());
}

/// The timeout over a reference was stopped with the grace, and nothing polled the scope that it had borrowed.
fn finalizers_run_behind_a_timeout_that_only_borrows() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).timeout(SECOND).grace(SECOND).run(async |s| {
        s.spawn(async {
            cancelled().await;
            let mut inner = pin!(scope(async |t| {
                t.defer(async { log.note("finalizer") });
                pending::<()>().await;
            }));
            shield(poll_fn(|cx| {
                assert!(inner.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            }))
            .await;
            let _ = timeout(Duration::ZERO, &mut inner).await;
            Ok(())
        });
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    assert!(log.entries().is_empty());
    clock.advance(SECOND);
    assert!(run.finish().is_err());
    assert_eq!(log.entries(), ["finalizer"]);
}

/// It was listed as one that had ended by itself.
async fn a_child_that_is_cut_before_it_is_ready_is_reported_as_cut() {
    let (scope, driver) = fail_fast::<()>().open();
    let started = scope.start(|_: Ready<()>| pending::<Result<(), ()>>());
    let shutdown = async {
        yield_now().await;
        scope.shutdown(Duration::ZERO).await
    };
    let (started, report, _) = join3(started, shutdown, driver).await;
    assert!(started.is_err());
    assert_eq!((report.finished.len(), report.cut.len()), (0, 1));
}

polled_on_every_runtime_and_in_virtual_time!(
    a_wait_is_told_though_its_scope_has_moved_out_of_a_shield,
    a_panic_of_a_child_that_was_cancelled_alone_stops_the_body_at_once,
    no_ok_hides_that_a_grace_around_has_ended,
    a_grace_that_is_shorter_than_the_one_around_still_counts,
    a_scope_that_its_parent_cancelled_says_so_where_that_is_not_around,
    no_ok_hides_a_child_that_waits_to_begin,
    finalizers_run_behind_a_timeout_that_only_borrows,
);
on_every_runtime_and_in_virtual_time!(a_child_that_is_cut_before_it_is_ready_is_reported_as_cut,);
