//! Odds and ends.

use std::{
    future::{pending, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, mpsc},
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use futures::{FutureExt, StreamExt};
use purview::{CancelReason, TaskError, fail_fast, scope, settled, shield};
use purview_tests::{CallsOnDrop, Gate, HandExecutor, Log, PanicsOnDrop, TestClock, by_hand};

use crate::watchdog::watched;

/// Panics when it is dropped, also while its thread is unwinding.
struct AlwaysPanics;

impl Drop for AlwaysPanics {
    fn drop(&mut self) {
        panic!("always");
    }
}

/// Dropped while its thread unwinds, a scope whose children panic in their destructors does not abort the process.
#[test]
fn a_scope_is_dropped_by_a_panic() {
    watched(|| {
        let (executor, log) = (HandExecutor::new(), Log::new());
        let (open, driver) = settled::<()>().runtime(executor.clone()).open();
        let mut driver = by_hand(driver);
        for n in 0..4 {
            let (guard, bad) = (log.on_drop(if n % 2 == 0 { "plain" } else { "parallel" }), AlwaysPanics);
            let child = async move {
                let _guards = (guard, bad);
                pending::<Result<(), ()>>().await
            };
            if n % 2 == 0 {
                open.spawn(child)
            } else {
                open.spawn_parallel(child)
            };
        }
        let f = AlwaysPanics;
        open.spawn_blocking(move |_| {
            drop(f);
            Ok(())
        });
        open.defer(async move {
            let _bad = AlwaysPanics;
        });
        assert!(driver.poll_until_idle().is_pending());
        executor.run();
        assert!(driver.poll_until_idle().is_pending());
        let out = catch_unwind(AssertUnwindSafe(move || {
            let _driver = driver;
            panic!("first");
        }));
        assert_eq!(purview_tests::message_of(&*out.unwrap_err()), "first");
        assert_eq!(log.entries().len(), 4);
        assert!(open.is_empty());
    });
}

/// A scope whose future is dropped by a parallel child of its own, in the middle of that child's poll.
#[test]
fn a_parallel_child_drops_its_own_scope() {
    watched(|| {
        let (executor, log) = (HandExecutor::new(), Log::new());
        let slot: Arc<Mutex<Option<futures::future::BoxFuture<'static, ()>>>> = Arc::default();
        let (open, driver) = settled::<()>().runtime(executor.clone()).open();
        *slot.lock().unwrap() = Some(Box::pin(driver.map(drop)));
        let (takes, guard) = (slot.clone(), log.on_drop("child"));
        let noted = log.clone();
        let task = open.spawn_parallel(async move {
            let _guard = guard;
            drop(takes.lock().unwrap().take());
            noted.note("the scope is gone");
            pending::<Result<(), ()>>().await
        });
        let mut cx = Context::from_waker(Waker::noop());
        assert!(
            slot.lock()
                .unwrap()
                .as_mut()
                .unwrap()
                .as_mut()
                .poll(&mut cx)
                .is_pending()
        );
        executor.run();
        assert_eq!(log.entries(), ["the scope is gone", "child dropped"]);
        assert!(matches!(by_hand(task).finish(), Err(TaskError::Cancelled(_))));
    });
}

/// The same from the closure of a blocking child.
#[test]
fn a_closure_drops_its_own_scope() {
    watched(|| {
        let executor = HandExecutor::new();
        let slot: Arc<Mutex<Option<futures::future::BoxFuture<'static, ()>>>> = Arc::default();
        let (open, driver) = settled::<()>().runtime(executor.clone()).open();
        *slot.lock().unwrap() = Some(Box::pin(driver.map(drop)));
        let takes = slot.clone();
        let task = open.spawn_blocking(move |token| {
            let taken = takes.lock().unwrap().take();
            drop(taken);
            assert!(token.is_cancelled());
            Ok(())
        });
        let mut cx = Context::from_waker(Waker::noop());
        assert!(
            slot.lock()
                .unwrap()
                .as_mut()
                .unwrap()
                .as_mut()
                .poll(&mut cx)
                .is_pending()
        );
        executor.run_closure();
        assert!(matches!(by_hand(task).finish(), Err(TaskError::Cancelled(_))));
        assert!(open.is_empty());
    });
}

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

/// A scope is dropped on one thread while its children run on others, again and again: each is dropped once.
#[test]
fn dropped_while_polled_on_other_threads() {
    watched(|| {
        for _ in 0..200 {
            let (executor, log) = (HandExecutor::new(), Log::new());
            let (open, driver) = settled::<()>().runtime(executor.clone()).open();
            let mut driver = by_hand(driver);
            for _ in 0..8 {
                let guard = log.on_drop("child");
                open.spawn_parallel(async move {
                    let _guard = guard;
                    loop {
                        purview::checkpoint().await;
                    }
                    #[allow(unreachable_code)]
                    Ok(())
                });
            }
            assert!(driver.poll_until_idle().is_pending());
            let (stop, stopped) = mpsc::channel::<()>();
            let runs = executor.clone();
            let pool = thread::spawn(move || {
                while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                    runs.run_one();
                }
            });
            for _ in 0..20 {
                let _ = driver.poll();
            }
            drop(driver);
            stop.send(()).unwrap();
            pool.join().unwrap();
            assert_eq!(log.entries().len(), 8);
            assert!(open.is_empty());
        }
    });
}

/// A stream whose receiver is dropped inside its own child's poll.
#[test]
fn a_producer_drops_its_own_stream() {
    watched(|| {
        let slot: Arc<Mutex<Option<purview::Produced<u8>>>> = Arc::default();
        let (open, driver) = settled::<()>().open();
        let mut driver = by_hand(driver);
        let takes = slot.clone();
        let stream = open.produce(1, async move |tx| {
            tx.send(1).await.ok();
            let taken = takes.lock().unwrap().take();
            drop(taken);
            assert!(tx.send(2).await.is_err());
            pending().await
        });
        *slot.lock().unwrap() = Some(stream);
        open.close();
        let out = driver.finish().unwrap();
        assert!(out.failures.is_empty(), "{:?}", out.failures);
    });
}

/// The destructor of a child cancels, spawns, closes and shuts down its scope while that is being dropped.
#[test]
fn a_destructor_meddles_while_the_scope_is_dropped() {
    watched(|| {
        let (open, driver) = settled::<()>().limit(2).open();
        let mut driver = by_hand(driver);
        for _ in 0..6 {
            let handle = open.clone();
            let guard = CallsOnDrop(move || {
                handle.cancel();
                handle.spawn(async { Ok(()) });
                handle.spawn_parallel(async { Ok(()) });
                handle.defer(async {});
                handle.close();
                let _ = handle.shutdown(Duration::ZERO).now_or_never();
                let _ = handle.permit().now_or_never();
                drop(handle.produce(0, async |_: purview::Sender<u8>| Ok(())));
            });
            open.spawn(async move {
                let _guard = guard;
                pending::<Result<(), ()>>().await
            });
        }
        assert!(driver.poll_until_idle().is_pending());
        drop(driver);
        assert!(open.is_empty());
        assert!(open.token().is_cancelled());
    });
}

/// A panic in the destructor of a parallel child that the executor drops is an end like another, and heard once.
#[test]
fn an_executor_drops_a_child_that_panics() {
    watched(|| {
        let executor = HandExecutor::new();
        let (open, driver) = settled::<()>().runtime(executor.clone()).open();
        let mut driver = by_hand(driver);
        let guard = PanicsOnDrop("in the executor");
        let task = open.spawn_parallel(async move {
            let _guard = guard;
            pending::<Result<(), ()>>().await
        });
        assert!(driver.poll_until_idle().is_pending());
        executor.run();
        executor.shut_down();
        assert!(driver.poll_until_idle().is_pending());
        let out = by_hand(task).finish();
        open.close();
        assert!(driver.finish().unwrap().failures.is_empty());
        assert!(matches!(out, Err(TaskError::Panicked(panic)) if panic.message() == Some("in the executor")));
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
