//! A runtime that was given, here or in a scope around, wins over the selected one.

use std::{convert::Infallible, future::pending, time::Duration};

use futures::executor::block_on;

use crate::recorder::Recorder;

const SOON: Duration = Duration::from_millis(1);

/// The body of a scope that needs its clock once and its executor once.
async fn wait_and_spawn() {
    purview::scope(async |s| {
        purview::sleep(SOON).await;
        s.spawn_parallel(async {}).await;
    })
    .await;
}

async fn given_runtimes_win() {
    let given = Recorder::default();
    let scope = purview::fail_fast::<Infallible>().runtime(given.clone());
    let run = scope.run(async |s| {
        purview::sleep(SOON).await;
        s.spawn_parallel(async { Ok(()) }).await;
        Ok(())
    });
    run.await.unwrap();
    assert_eq!((given.timers(), given.spawned()), (1, 1));

    let given = Recorder::default();
    let late = purview::gather([pending::<Result<(), Infallible>>()])
        .runtime(given.clone())
        .timeout(SOON);
    assert!(late.await.unwrap_err().is_deadline_exceeded());
    assert_eq!(given.timers(), 1);

    let given = Recorder::default();
    let late = purview::gather!(pending::<Result<(), Infallible>>())
        .runtime(given.clone())
        .timeout(SOON);
    assert!(late.await.unwrap_err().is_deadline_exceeded());
    assert_eq!(given.timers(), 1);
}

async fn runtimes_of_scopes_around_win() {
    let around = Recorder::default();
    let outer = purview::settled::<Infallible>().runtime(around.clone());
    let run = outer.run(async |s| {
        s.spawn(async {
            wait_and_spawn().await;
            Ok(())
        })
        .await
        .unwrap();
        assert_eq!((around.timers(), around.spawned()), (1, 1));
        assert!(purview::timeout(SOON, pending::<()>()).await.is_err());
        assert_eq!(around.timers(), 2);
        let late = purview::gather([pending::<Result<(), Infallible>>()]).timeout(SOON);
        assert!(late.await.is_err());
        assert_eq!(around.timers(), 3);
        let retried = purview::retry([SOON], || async { Err::<(), _>("no") });
        assert!(retried.await.is_err());
        assert_eq!(around.timers(), 4);
        Ok(())
    });
    run.await.unwrap();
}

async fn given_runtimes_win_over_those_around() {
    let (around, given) = (Recorder::default(), Recorder::default());
    let outer = purview::fail_fast::<Infallible>().runtime(around.clone());
    let run = outer.run(async |_| {
        let inner = purview::fail_fast::<Infallible>().runtime(given.clone());
        inner
            .run(async |_| {
                wait_and_spawn().await;
                Ok(())
            })
            .await
            .unwrap();
        Ok(())
    });
    run.await.unwrap();
    assert_eq!((given.timers(), given.spawned()), (1, 1));
    assert_eq!((around.timers(), around.spawned()), (0, 0));
}

#[test]
fn a_given_runtime_wins_over_the_selected_one() {
    block_on(given_runtimes_win());
}

#[test]
fn the_runtime_of_a_scope_around_wins_over_the_selected_one() {
    block_on(runtimes_of_scopes_around_win());
}

#[test]
fn a_given_runtime_wins_over_that_of_a_scope_around() {
    block_on(given_runtimes_win_over_those_around());
}

#[cfg(feature = "tokio")]
#[tokio::test]
async fn a_tokio_context_changes_nothing_about_that() {
    given_runtimes_win().await;
    runtimes_of_scopes_around_win().await;
    given_runtimes_win_over_those_around().await;
}
