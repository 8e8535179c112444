//! Shutdowns that meet, and what is still about when a scope has ended.

use std::{
    future::{pending, poll_fn},
    task::Poll,
    thread,
    time::Duration,
};

use futures::StreamExt;
use purview::{CancelReason, fail_fast, scope, settled, shield};
use purview_tests::{Gate, HandExecutor, Log, TestClock, by_hand, watched};

/// A second shutdown while the first runs, from inside a child that holds: it ends at the shorter time, and both hear.
#[test]
fn two_shutdowns_end_together() {
    watched(|| {
        let clock = TestClock::new();
        let (open, driver) = settled::<()>().runtime(clock.clone()).open();
        let mut driver = by_hand(driver);
        open.task().name("holds").spawn(shield(pending::<Result<(), ()>>()));
        assert!(driver.poll_until_idle().is_pending());
        let (a, b) = (open.clone(), open.clone());
        let mut long = by_hand(async move { a.shutdown(Duration::from_secs(100)).await });
        let mut short = by_hand(async move { b.shutdown(Duration::from_secs(1)).await });
        assert!(long.poll().is_pending() && short.poll().is_pending());
        assert!(driver.poll_until_idle().is_pending());
        clock.advance(Duration::from_secs(2));
        assert!(driver.finish().is_ok());
        assert_eq!(long.finish().cut.len(), 1);
        assert_eq!(short.finish().cut.len(), 1);
    });
}

/// Scopes that come and go inside a long shutdown leave nothing with it.
#[test]
fn stays_are_forgotten() {
    watched(|| {
        let clock = TestClock::new();
        let (open, driver) = settled::<()>().runtime(clock.clone()).open();
        let mut driver = by_hand(driver);
        let gate = Gate::new();
        let wait = gate.wait();
        open.spawn(async move {
            wait.await;
            for n in 0..10_000 {
                let out = fail_fast::<()>()
                    .run(async |s| Ok(s.spawn(async move { Ok(n) }).await))
                    .await;
                assert_eq!(out.ok(), Some(n));
            }
            Ok(())
        });
        assert!(driver.poll_until_idle().is_pending());
        let a = open.clone();
        let mut shutdown = by_hand(async move { a.shutdown(Duration::from_secs(100)).await });
        assert!(shutdown.poll().is_pending());
        gate.open();
        assert!(driver.finish().is_ok());
        assert_eq!(shutdown.finish().finished.len(), 1);
    });
}

/// A daemon on the executor, in the middle of a poll when the last ordinary child ends, is waited for.
#[test]
fn a_parallel_daemon_is_waited_for() {
    watched(|| {
        let (executor, gate, ends) = (HandExecutor::new(), Gate::new(), Gate::new());
        let wait = gate.wait();
        let mut run = by_hand(fail_fast::<()>().runtime(executor.clone()).run(async |s| {
            s.task().daemon().parallel().spawn(async move {
                assert_eq!(purview::cancelled().await, CancelReason::Ended);
                shield(wait).await;
                Ok(())
            });
            ends.wait().await;
            Ok(7)
        }));
        assert!(run.poll_until_idle().is_pending());
        executor.run();
        ends.open();
        for _ in 0..10 {
            executor.run();
            assert!(run.poll_until_idle().is_pending());
        }
        gate.open();
        executor.run();
        assert_eq!(run.finish().ok(), Some(7));
    });
}

/// Items of a stream that is read after the scope has ended.
#[test]
fn a_stream_outlives_its_scope() {
    watched(|| {
        let (open, driver) = settled::<()>().open();
        let stream = open.produce(3, async move |tx| {
            for n in 0..3 {
                tx.send(n).await.ok();
            }
            Ok(())
        });
        open.close();
        assert!(by_hand(driver).finish().is_ok());
        assert_eq!(by_hand(stream.collect::<Vec<_>>()).finish(), [0, 1, 2]);
    });
}

/// A scope in which nothing holds is dropped though its driver was never polled, on another thread.
#[test]
fn never_polled() {
    watched(|| {
        let log = Log::new();
        let guard = log.on_drop("child");
        let (open, driver) = fail_fast::<()>().limit(1).open();
        let task = open.spawn(async move {
            let _guard = guard;
            Ok(1)
        });
        task.cancel();
        let a = open.clone();
        let mut shutdown = by_hand(async move { a.shutdown(Duration::ZERO).await });
        assert!(shutdown.poll().is_pending());
        thread::spawn(move || drop(driver)).join().unwrap();
        assert_eq!(log.entries(), ["child dropped"]);
        assert_eq!(shutdown.finish().cut.len(), 1);
        drop(poll_fn(|_| Poll::<()>::Pending));
        drop(scope(async |_| ()));
    });
}
