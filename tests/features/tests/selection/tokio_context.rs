//! Where a tokio context is current, every entry point uses that runtime, whatever other features are on.

use std::{convert::Infallible, future::pending, thread, time::Duration};

use futures::stream;
use purview::{Timer, Tokio};
use tokio::runtime::{Builder, Handle, Runtime};

const HOUR: Duration = Duration::from_secs(3600);

/// Waits for what takes an hour on the paused clock of the current runtime; on any other it would never be seen to end.
async fn takes_an_hour<F: Future>(fut: F) -> F::Output {
    let start = Tokio::current().now();
    let Ok(output) = tokio::time::timeout(2 * HOUR, fut).await else {
        panic!("not on tokio's clock");
    };
    assert!(Tokio::current().now() >= start + HOUR, "it did not wait");
    output
}

async fn an_hour() -> Result<(), Infallible> {
    purview::sleep(HOUR).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn sleep_and_timeout_use_the_clock_of_the_current_runtime() {
    takes_an_hour(purview::sleep(HOUR)).await;
    takes_an_hour(purview::sleep_until(Tokio::current().now() + HOUR)).await;
    let late = takes_an_hour(purview::timeout(HOUR, pending::<()>())).await;
    assert!(late.is_err());
    let at = Tokio::current().now() + HOUR;
    let late = takes_an_hour(purview::timeout_at(at, pending::<()>())).await;
    assert!(late.is_err());
}

#[tokio::test(start_paused = true)]
async fn scopes_use_the_clock_of_the_current_runtime() {
    takes_an_hour(purview::scope(async |_| an_hour().await.unwrap())).await;
    takes_an_hour(purview::local_scope(async |_| an_hour().await.unwrap())).await;
    let done = takes_an_hour(purview::try_scope(async |_| an_hour().await)).await;
    done.unwrap();
    let done = takes_an_hour(purview::try_local_scope(async |_| an_hour().await)).await;
    done.unwrap();
    let scope = purview::fail_fast::<Infallible>().timeout(HOUR);
    let late = takes_an_hour(scope.run(async |_| pending::<Result<(), _>>().await)).await;
    assert!(late.unwrap_err().is_deadline_exceeded());
    let scope = purview::settled::<Infallible>();
    takes_an_hour(scope.run(async |_| an_hour().await)).await.unwrap();
    let scope = purview::with_policy(purview::JoinAll::new());
    takes_an_hour(scope.run(async |_| an_hour().await)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_open_scope_uses_the_clock_of_the_runtime_that_drives_it() {
    let (scope, driver) = purview::fail_fast::<Infallible>().open();
    let task = scope.spawn(an_hour());
    drop(scope);
    takes_an_hour(async {
        driver.await.unwrap();
        task.await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn gathers_and_retries_use_the_clock_of_the_current_runtime() {
    takes_an_hour(purview::gather([an_hour(), an_hour()])).await.unwrap();
    let futures = stream::iter([an_hour(), an_hour()]);
    takes_an_hour(purview::gather_stream(futures)).await.unwrap();
    takes_an_hour(purview::gather!(an_hour(), an_hour())).await.unwrap();
    let late = takes_an_hour(purview::gather!(pending::<Result<(), Infallible>>()).timeout(HOUR));
    assert!(late.await.unwrap_err().is_deadline_exceeded());
    let retried = purview::retry([HOUR], || async { Err::<(), _>("no") });
    takes_an_hour(retried).await.unwrap_err();
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("tokio")
        .enable_time()
        .build()
        .unwrap()
}

#[test]
fn parallel_and_blocking_children_run_on_the_current_runtime() {
    let runtime = multi_thread();
    let (parallel, blocking) = runtime.block_on(purview::scope(async |s| {
        let parallel = s.spawn_parallel(async { thread::current().name().map(str::to_owned) });
        let blocking = s.spawn_blocking(|_| Handle::current().id());
        (parallel.await, blocking.await)
    }));
    assert_eq!(parallel.as_deref(), Some("tokio"));
    assert_eq!(blocking, runtime.handle().id());
}

#[test]
fn a_scope_on_another_executor_uses_tokio_if_it_is_given() {
    let runtime = multi_thread();
    let tokio = Tokio::new(runtime.handle().clone());
    let scope = purview::fail_fast::<Infallible>().runtime(tokio);
    let run = scope.run(async |s| {
        purview::sleep(Duration::from_millis(1)).await;
        Ok(s.spawn_parallel(async { Ok(Handle::current().id()) }).await)
    });
    let id = futures::executor::block_on(run).unwrap();
    assert_eq!(id, runtime.handle().id());
}
