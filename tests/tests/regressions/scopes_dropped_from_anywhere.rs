//! Scopes that are dropped by their own children, by a panic, or while others meddle.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, mpsc},
    task::{Context, Waker},
    thread,
    time::Duration,
};

use futures::FutureExt;
use purview::{TaskError, settled};
use purview_tests::{CallsOnDrop, HandExecutor, Log, PanicsOnDrop, by_hand, watched};

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
        let (given, guard) = (slot.clone(), log.on_drop("child"));
        let noted = log.clone();
        let task = open.spawn_parallel(async move {
            let _guard = guard;
            drop(given.lock().unwrap().take());
            noted.note("the scope was dropped");
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
        assert_eq!(log.entries(), ["the scope was dropped", "child dropped"]);
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
        let given = slot.clone();
        let task = open.spawn_blocking(move |token| {
            let taken = given.lock().unwrap().take();
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
        let given = slot.clone();
        let stream = open.produce(1, async move |tx| {
            tx.send(1).await.ok();
            let taken = given.lock().unwrap().take();
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
