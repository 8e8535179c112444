//! A closure that no thread will ever run ends with a reason that says why.

use purview::{CancelReason, TaskError, fail_fast, scope, settled};
use purview_tests::{HandExecutor, Log, PanicsOnDrop, TestClock, by_hand, caught, embedded};
use purview_tokio::Tokio;

#[test]
fn a_pool_that_is_full_is_the_reason_of_the_task() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    executor.refuse();
    let guard = log.on_drop("closure");
    let mut run = by_hand(settled::<&str>().runtime(executor).run(async |s| {
        let task = s.spawn_blocking(move |_| {
            let _guard = guard;
            Ok(())
        });
        match task.await {
            Err(TaskError::Cancelled(CancelReason::Requested(Some(why)))) => Ok(why),
            other => panic!("{other:?}"),
        }
    }));
    let why = run.finish().unwrap().value;
    assert!(why.contains("the pool is full"), "{why}");
    assert_eq!(log.entries(), ["closure dropped"]);
}

#[test]
fn where_the_task_has_no_value_for_it_it_is_the_reason_of_the_scope() {
    let mut run = by_hand(fail_fast::<&str>().runtime(TestClock::new()).run(async |s| {
        s.spawn_blocking(|_| Ok(())).await;
        Ok(())
    }));
    let error = run.finish().expect_err("there is no pool");
    assert!(error.is_cancelled());
    assert!(error.to_string().contains("a test clock has no threads"), "{error}");
}

#[test]
fn a_body_that_has_returned_does_not_hide_it() {
    let mut run = by_hand(fail_fast::<&str>().runtime(TestClock::new()).run(async |s| {
        drop(s.spawn_blocking(|_| Ok(())));
        Ok(7)
    }));
    let error = run.finish().expect_err("a child is lost, and nothing else would tell");
    assert!(error.to_string().contains("a test clock has no threads"), "{error}");
}

#[test]
fn in_a_scope_that_can_only_panic_it_panics() {
    embedded(|_| async {
        let out = fail_fast::<&str>().runtime(TestClock::new()).run(async |_| {
            let inner = scope(async |s| s.spawn_blocking(|_| ()).await);
            Ok(caught(inner).await.unwrap_err())
        });
        let message = out.await.unwrap();
        assert!(message.contains("a test clock has no threads"), "{message}");
    });
}

#[test]
fn a_pool_shut_down_with_closures_in_its_queue() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let guard = log.on_drop("closure");
    let (open, driver) = settled::<&str>().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    let lost = open.spawn_blocking(move |_| {
        let _guard = guard;
        Ok(())
    });
    assert!(driver.poll_until_idle().is_pending());
    let wakes = driver.wakes();
    executor.shut_down();
    assert_eq!(
        (log.entries(), driver.wakes()),
        (vec!["closure dropped".to_owned()], wakes + 1)
    );
    assert!(driver.poll_until_idle().is_pending());
    match by_hand(lost).finish() {
        Err(TaskError::Cancelled(CancelReason::Requested(Some(why)))) => {
            assert!(why.contains("runtime dropped it"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_closure_whose_destructor_panics_as_it_is_lost_stays_off_the_pool() {
    let executor = HandExecutor::new();
    let (open, driver) = settled::<&str>().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    let bomb = PanicsOnDrop("lost");
    let lost = open.spawn_blocking(move |_| {
        let _bomb = bomb;
        Ok(())
    });
    assert!(driver.poll_until_idle().is_pending());
    executor.shut_down();
    assert!(driver.poll_until_idle().is_pending());
    assert!(by_hand(lost).finish().is_err());
}

#[test]
fn a_tokio_that_is_shut_down() {
    embedded(|_| async {
        let tokio = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let runtime = Tokio::new(tokio.handle().clone());
        tokio.shutdown_background();
        let out = settled::<&str>()
            .runtime(runtime)
            .run(async |s| match s.spawn_blocking(|_| Ok(())).await {
                Err(TaskError::Cancelled(CancelReason::Requested(Some(why)))) => Ok(why),
                other => panic!("{other:?}"),
            });
        let why = out.await.unwrap().value;
        assert!(why.contains("shut down"), "{why}");
    });
}

/// One thread, and it is taken: what waits behind is run or lost as tokio likes, and its task says which.
#[test]
fn a_tokio_shut_down_while_a_closure_waits_for_a_thread() {
    embedded(|_| async {
        let tokio = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let runtime = Tokio::new(tokio.handle().clone());
        let (lets, goes) = std::sync::mpsc::channel::<()>();
        let out = settled::<&str>().runtime(runtime).run(async move |s| {
            let (says, started) = futures::channel::oneshot::channel();
            let running = s.spawn_blocking(move |_| {
                says.send(()).unwrap();
                goes.recv().unwrap();
                Ok(7)
            });
            started.await.unwrap();
            let waiting = s.spawn_blocking(|_| Ok(8));
            purview_tests::yields(3).await;
            tokio.shutdown_background();
            lets.send(()).unwrap();
            match waiting.await {
                Ok(8) | Err(TaskError::Cancelled(CancelReason::Requested(Some(_)))) => {}
                other => panic!("{other:?}"),
            }
            Ok(running.await.unwrap())
        });
        assert_eq!(out.await.unwrap().value, 7, "one that has started is waited for");
    });
}
