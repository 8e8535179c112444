//! During a shutdown all children have been told, and none is dropped before the grace has passed.

use std::{future::pending, time::Duration};

use purview::{CancelReason, RejectReason, cancelled, fail_fast, settled, shield};
use purview_tests::{Gate, HandExecutor, Log, TestClock, by_hand, yields};

const GRACE: Duration = Duration::from_secs(10);

fn shutdown_reason() -> CancelReason {
    CancelReason::Requested(Some("shutdown".into()))
}

#[test]
fn the_token_fires_at_once() {
    let (open, driver) = fail_fast::<()>().runtime(TestClock::new()).open();
    let (mut driver, log) = (by_hand(driver), Log::new());
    let (by_token, by_cancelled, token) = (log.clone(), log.clone(), open.token());
    drop(open.spawn(async move {
        by_token.note(token.cancelled().await.to_string());
        Ok(())
    }));
    drop(open.spawn(async move {
        by_cancelled.note(cancelled().await.to_string());
        Ok(())
    }));
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    assert_eq!(open.token().reason(), Some(shutdown_reason()));
    assert!(driver.finish().is_ok());
    assert_eq!(log.entries(), ["cancelled on request: shutdown"; 2]);
    assert_eq!(shutdown.finish().finished.len(), 2);
}

#[test]
fn a_child_that_does_not_hold_has_it_too() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let (wait, noted) = (gate.wait(), log.clone());
    let (open, driver) = fail_fast::<()>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn(async move {
        wait.await;
        yields(3).await;
        noted.note("finished its request");
        Ok(())
    }));
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    clock.advance(GRACE / 2);
    assert!(driver.poll_until_idle().is_pending());
    gate.open();
    assert!(driver.finish().is_ok());
    assert_eq!(log.entries(), ["finished its request"]);
    assert_eq!(shutdown.finish().finished.len(), 1);
}

#[test]
fn when_it_is_over_every_child_is_cut_whether_it_holds_or_not() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (open, driver) = fail_fast::<()>().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    let [plain, holder, parallel] = ["plain", "holder", "parallel"].map(|name| log.on_drop(name));
    drop(open.spawn(async move {
        let _plain = plain;
        pending::<Result<(), _>>().await
    }));
    drop(open.spawn(async move {
        let _holder = holder;
        shield(pending::<Result<(), _>>()).await
    }));
    drop(open.spawn_parallel(async move {
        let _parallel = parallel;
        shield(pending::<Result<(), _>>()).await
    }));
    assert!(driver.poll_until_idle().is_pending());
    executor.run();
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(log.entries().is_empty());
    let wakes = driver.wakes();
    executor.clock().advance(GRACE);
    assert!(driver.wakes() > wakes, "the timer was set");
    assert!(driver.finish().is_ok());
    assert_eq!(log.entries(), ["parallel dropped", "holder dropped", "plain dropped"]);
    let report = shutdown.finish();
    assert_eq!((report.finished.len(), report.cut.len()), (0, 3));
}

#[test]
fn a_blocking_child_that_has_started_is_waited_for() {
    let executor = HandExecutor::new();
    let (open, driver) = settled::<()>().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    let ((says, hears), (lets, goes)) = (std::sync::mpsc::channel(), std::sync::mpsc::channel::<()>());
    let started = open.spawn_blocking(move |token| {
        says.send(()).unwrap();
        goes.recv().unwrap();
        Ok(token.reason())
    });
    let waiting = open.spawn_blocking(|_| Ok(()));
    assert!(driver.poll_until_idle().is_pending());
    let elsewhere = executor.clone();
    let thread = std::thread::spawn(move || elsewhere.run_closure());
    hears.recv().unwrap();
    let mut shutdown = by_hand(open.shutdown(Duration::ZERO));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(by_hand(waiting).finish().is_err(), "one that has not is skipped");
    lets.send(()).unwrap();
    thread.join().unwrap();
    assert!(driver.finish().is_ok());
    assert_eq!(by_hand(started).finish().unwrap(), Some(shutdown_reason()));
    shutdown.finish();
}

#[test]
fn no_new_child_is_accepted() {
    let (open, driver) = fail_fast::<()>().runtime(TestClock::new()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn(pending::<Result<(), _>>()));
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    let rejected = open.try_spawn(async { Ok(()) }).unwrap_err();
    assert!(matches!(
        rejected.reason(),
        RejectReason::Ended | RejectReason::Cancelled(_)
    ));
}

#[test]
fn a_failure_meanwhile_ends_it_at_once() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let wait = gate.wait();
    let (open, driver) = fail_fast::<&str>().runtime(clock).open();
    let mut driver = by_hand(driver);
    drop(open.spawn(async move {
        wait.await;
        Err::<(), _>("no")
    }));
    drop(open.spawn(pending::<Result<(), _>>()));
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    gate.open();
    let error = driver.finish().expect_err("a child failed");
    assert_eq!(error.into_failure(), Some("no"));
    let report = shutdown.finish();
    assert_eq!((report.finished.len(), report.cut.len()), (1, 1));
}

#[test]
fn a_failure_meanwhile_gives_holding_children_no_more_time_than_they_had() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let (wait, guard) = (gate.wait(), log.on_drop("holder"));
    let (open, driver) = fail_fast::<&str>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn(async move {
        wait.await;
        Err::<(), _>("no")
    }));
    drop(open.spawn(async move {
        let _guard = guard;
        shield(pending::<Result<(), _>>()).await
    }));
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    gate.open();
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(GRACE);
    assert_eq!(driver.finish().expect_err("a child failed").into_failure(), Some("no"));
    assert_eq!(log.entries(), ["holder dropped"]);
    shutdown.finish();
}

#[test]
fn one_that_is_cancelled_already_has_no_more_time_than_that() {
    for grace in [Duration::ZERO, GRACE] {
        let (clock, log) = (TestClock::new(), Log::new());
        let guard = log.on_drop("holder");
        let (open, driver) = fail_fast::<()>().runtime(clock.clone()).open();
        let mut driver = by_hand(driver);
        drop(open.spawn(async move {
            let _guard = guard;
            shield(pending::<Result<(), _>>()).await
        }));
        assert!(driver.poll_until_idle().is_pending());
        open.cancel();
        assert!(driver.poll_until_idle().is_pending());
        let mut shutdown = by_hand(open.shutdown(grace));
        assert!(shutdown.poll().is_pending());
        let polled = driver.poll_until_idle();
        assert_eq!(polled.is_ready(), grace.is_zero());
        if polled.is_pending() {
            clock.advance(grace);
            assert!(driver.finish().is_ok());
        }
        assert_eq!(log.entries(), ["holder dropped"]);
        assert_eq!(shutdown.finish().cut.len(), 1);
    }
}

#[test]
fn finalizers_run_after_the_children_and_within_the_grace() {
    let (clock, log) = (TestClock::new(), Log::new());
    let (open, driver) = fail_fast::<()>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    let (child, finalizer) = (log.on_drop("child"), log.clone());
    open.defer(async move {
        yields(3).await;
        finalizer.note("finalized");
    });
    drop(open.spawn(async move {
        let _child = child;
        cancelled().await;
        Ok(())
    }));
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    assert!(driver.finish().is_ok());
    assert_eq!(log.entries(), ["child dropped", "finalized"]);
    shutdown.finish();
}

#[test]
fn one_that_is_cancelled_already_is_not_held_up() {
    let (open, driver) = fail_fast::<()>().runtime(TestClock::new()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn(pending::<Result<(), _>>()));
    assert!(driver.poll_until_idle().is_pending());
    open.cancel_with("enough");
    let mut shutdown = by_hand(open.shutdown(Duration::MAX));
    assert!(shutdown.poll().is_pending());
    assert!(driver.finish().is_ok());
    shutdown.finish();
    assert_eq!(
        open.token().reason(),
        Some(CancelReason::Requested(Some("enough".into())))
    );
}

#[test]
fn a_scope_nested_in_a_child_has_the_same_time() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let (wait, noted) = (gate.wait(), log.clone());
    let (open, driver) = fail_fast::<()>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    let nested = fail_fast::<()>().run(async move |inner| {
        drop(inner.spawn(async move {
            wait.await;
            noted.note("nested ran on");
            Ok(())
        }));
        let why = cancelled().await;
        assert_eq!(why, CancelReason::Parent);
        Ok(())
    });
    drop(open.spawn(async {
        drop(nested.await);
        Ok(())
    }));
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    gate.open();
    assert!(driver.finish().is_ok());
    assert_eq!(log.entries(), ["nested ran on"]);
    shutdown.finish();
}

#[test]
fn without_end_it_waits_for_all() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let wait = gate.wait();
    let (open, driver) = fail_fast::<()>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn(async move {
        wait.await;
        Ok(())
    }));
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(Duration::MAX));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(clock.timers_alive(), 0);
    clock.advance(Duration::from_secs(1_000_000));
    assert!(driver.poll_until_idle().is_pending());
    gate.open();
    assert!(driver.finish().is_ok());
    assert_eq!(shutdown.finish().finished.len(), 1);
}
