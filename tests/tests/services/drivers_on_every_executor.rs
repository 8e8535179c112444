//! A driver is spawned on an executor and serves every handle, wherever that is.

use std::{thread, time::Duration};

use purview::{CancelReason, Scope, Settled, TaskError, block_on, cancelled, fail_fast, settled};
use purview_tests::{AnyRuntime, served_by_every_runtime, yields};

/// An open scope whose driver runs on the executor, or where there is none on a thread; and what tells of its end.
fn service(
    runtime: &AnyRuntime,
) -> (
    Scope<'static, Settled<&'static str>>,
    futures::channel::oneshot::Receiver<Option<CancelReason>>,
) {
    let (open, driver) = settled::<&str>().runtime(runtime.clone()).open();
    let (says, ended) = futures::channel::oneshot::channel();
    let run = async move {
        let _ = says.send(driver.await.unwrap().stopped);
    };
    if runtime.spawn(Box::pin(async {})).is_ok() {
        runtime.spawn(Box::pin(run)).expect("it took one just now");
    } else {
        thread::spawn(|| block_on(run));
    }
    (open, ended)
}

async fn it_serves_until_the_last_handle_is_dropped(runtime: AnyRuntime) {
    let (open, ended) = service(&runtime);
    let mut sum = 0;
    for i in 0..20 {
        let task = match i % 3 {
            0 => open.spawn(async move { Ok(i) }),
            1 => open.spawn_parallel(async move {
                yields(2).await;
                Ok(i)
            }),
            _ => open.spawn_blocking(move |_| Ok(i)),
        };
        sum += task.await.unwrap();
    }
    assert_eq!(sum, 190);
    drop(open);
    assert_eq!(ended.await.unwrap(), None);
}

async fn a_plain_thread_may_spawn_and_wait(runtime: AnyRuntime) {
    let (open, ended) = service(&runtime);
    let (says, done) = futures::channel::oneshot::channel();
    let handle = open.clone();
    thread::spawn(move || {
        let values: Vec<_> = (0..10)
            .map(|i| block_on(handle.spawn(async move { Ok(i) })).unwrap())
            .collect();
        drop(handle);
        says.send(values).unwrap();
    });
    assert_eq!(done.await.unwrap(), (0..10).collect::<Vec<_>>());
    drop(open);
    assert_eq!(ended.await.unwrap(), None);
}

async fn a_shutdown_waits_for_children_that_clean_up(runtime: AnyRuntime) {
    let (open, ended) = service(&runtime);
    let (says, started) = futures::channel::oneshot::channel();
    let worker = open.spawn_parallel(async {
        says.send(()).unwrap();
        cancelled().await;
        yields(5).await;
        Ok(7)
    });
    started.await.unwrap();
    let report = open.shutdown(Duration::from_secs(60)).await;
    assert_eq!((report.finished.len(), report.cut.len()), (1, 0));
    assert_eq!(worker.await.unwrap(), 7);
    assert_eq!(ended.await.unwrap(), None, "all ended in time: no child was cut");
}

async fn a_shutdown_cuts_children_that_do_not_react(runtime: AnyRuntime) {
    let (open, ended) = service(&runtime);
    let deaf = open.spawn_parallel(std::future::pending::<Result<(), _>>());
    let report = open.shutdown(Duration::from_millis(5)).await;
    assert_eq!((report.finished.len(), report.cut.len()), (0, 1));
    let why = CancelReason::Requested(Some("shutdown".into()));
    assert!(matches!(deaf.await, Err(TaskError::Cancelled(reason)) if reason == why));
    assert_eq!(ended.await.unwrap(), Some(why));
}

async fn a_driver_dropped_by_its_executor_cancels_everything(runtime: AnyRuntime) {
    let (open, driver) = settled::<&str>().runtime(runtime).open();
    let task = open.spawn_parallel(std::future::pending::<Result<(), _>>());
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    drop(tokio.spawn(driver));
    tokio.shutdown_background();
    assert!(matches!(
        task.await,
        Err(TaskError::Cancelled(CancelReason::Requested(Some(_))))
    ));
    assert!(open.is_cancelled());
    open.shutdown(Duration::MAX).await;
}

#[test]
fn a_driver_is_send_when_its_policy_is() {
    fn is_send<T: Send + 'static>(_: &T) {}
    let (open, driver) = fail_fast::<std::io::Error>().open();
    is_send(&open);
    is_send(&driver);
}

served_by_every_runtime!(
    it_serves_until_the_last_handle_is_dropped,
    a_plain_thread_may_spawn_and_wait,
    a_shutdown_waits_for_children_that_clean_up,
    a_shutdown_cuts_children_that_do_not_react,
    a_driver_dropped_by_its_executor_cancels_everything,
);
