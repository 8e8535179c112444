//! A closure can ask its token. One that has started is waited for, one that has not is skipped.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::Duration,
};

use purview::{CancelReason, TaskError, block_on, fail_fast, settled};
use purview_tests::{AnyRuntime, CallsOnDrop, HandExecutor, Log, PanicsOnDrop, by_hand, served_by_every_runtime};

async fn the_token_fires_with_the_scope(runtime: AnyRuntime) {
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let (says, started) = futures::channel::oneshot::channel();
        let task = s.spawn_blocking(move |token| {
            says.send(token.is_cancelled()).unwrap();
            // A thread that may block may wait for the token, too.
            let why = block_on(token.cancelled());
            assert_eq!(why, CancelReason::Requested(Some("enough".into())));
            Ok(())
        });
        assert!(!started.await.unwrap());
        s.cancel_with("enough");
        task.await;
        Ok(())
    });
    assert!(out.await.expect_err("it was cancelled").is_cancelled());
}

async fn the_token_fires_for_the_task_alone(runtime: AnyRuntime) {
    let out = settled::<&str>().runtime(runtime).run(async |s| {
        let (says, started) = futures::channel::oneshot::channel();
        let task = s.spawn_blocking(move |token| {
            says.send(()).unwrap();
            Ok(block_on(token.cancelled()))
        });
        started.await.unwrap();
        task.cancel();
        assert_eq!(task.await.unwrap(), CancelReason::Requested(None));
        assert!(!s.is_cancelled());
        Ok(())
    });
    assert!(out.await.is_ok());
}

async fn one_that_has_started_is_waited_for_whatever_the_grace(runtime: AnyRuntime) {
    let finished = Arc::new(AtomicBool::new(false));
    let done = finished.clone();
    let out = fail_fast::<&str>()
        .runtime(runtime)
        .grace(Duration::ZERO)
        .run(async |s| {
            let (says, started) = futures::channel::oneshot::channel();
            drop(s.spawn_blocking(move |token| {
                says.send(()).unwrap();
                block_on(token.cancelled());
                done.store(true, SeqCst);
                Ok(())
            }));
            started.await.unwrap();
            Err::<(), _>("no")
        });
    assert_eq!(out.await.expect_err("the body failed").into_failure(), Some("no"));
    assert!(finished.load(SeqCst));
}

#[test]
fn one_that_waits_for_a_thread_is_skipped() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (guard, ran) = (log.on_drop("closure"), log.clone());
    let (open, driver) = settled::<&str>().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    let task = open.spawn_blocking(move |_| {
        let _guard = guard;
        ran.note("ran");
        Ok(())
    });
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(executor.closures(), 1);
    task.cancel();
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["closure dropped"], "before its task resolves");
    assert!(matches!(
        by_hand(task).finish(),
        Err(TaskError::Cancelled(CancelReason::Requested(None)))
    ));
    executor.run_closure();
    assert_eq!(log.entries(), ["closure dropped"]);
}

#[test]
fn one_that_waits_for_a_thread_is_dropped_before_the_scope_future_is() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let guard = log.on_drop("closure");
    let mut run = by_hand(fail_fast::<&str>().runtime(executor.clone()).run(async |s| {
        drop(s.spawn_blocking(move |_| {
            let _guard = guard;
            Ok(())
        }));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    drop(run);
    assert_eq!(log.entries(), ["closure dropped"]);
    executor.run_closure();
}

#[test]
fn one_whose_destructor_panics_as_it_is_skipped_says_so() {
    let executor = HandExecutor::new();
    let (open, driver) = settled::<&str>().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    let bomb = PanicsOnDrop("skipped");
    let task = open.spawn_blocking(move |_| {
        let _bomb = bomb;
        Ok(())
    });
    assert!(driver.poll_until_idle().is_pending());
    task.cancel();
    assert!(driver.poll_until_idle().is_pending());
    assert!(matches!(by_hand(task).finish(), Err(TaskError::Panicked(panic)) if panic.message() == Some("skipped")));
}

#[test]
fn when_the_scope_future_is_dropped_a_running_one_goes_on_and_its_result_is_dropped() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let ((says, hears), (lets, goes)) = (mpsc::channel(), mpsc::channel::<()>());
    let (noted, value) = (log.clone(), PanicsOnDrop("of a value that is not awaited"));
    let (open, driver) = settled::<&str>().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    let task = open.spawn_blocking(move |token| {
        says.send(()).unwrap();
        goes.recv().unwrap();
        noted.note(format!("token fired: {}", token.is_cancelled()));
        Ok(value)
    });
    assert!(driver.poll_until_idle().is_pending());
    let thread = thread::spawn(move || executor.run_closure());
    hears.recv().unwrap();
    drop(driver);
    let told = by_hand(task).finish();
    assert!(matches!(
        told,
        Err(TaskError::Cancelled(CancelReason::Requested(Some(_))))
    ));
    lets.send(()).unwrap();
    thread
        .join()
        .expect("the panic of the value stays off the pool's thread");
    assert_eq!(log.entries(), ["token fired: true"]);
}

#[test]
fn its_end_wakes_the_scope_once() {
    let executor = HandExecutor::new();
    let (open, driver) = settled::<&str>().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    let dropped = Arc::new(AtomicBool::new(false));
    let flag = dropped.clone();
    let calls = CallsOnDrop(move || flag.store(true, SeqCst));
    let task = open.spawn_blocking(move |_| {
        let _calls = calls;
        Ok(7)
    });
    assert!(driver.poll_until_idle().is_pending());
    let wakes = driver.wakes();
    executor.run_closure();
    assert!(dropped.load(SeqCst));
    assert_eq!(driver.wakes(), wakes + 1);
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(by_hand(task).finish().unwrap(), 7);
}

served_by_every_runtime!(
    the_token_fires_with_the_scope,
    the_token_fires_for_the_task_alone,
    one_that_has_started_is_waited_for_whatever_the_grace,
);
