//! The scope is polled by one executor, its parallel and blocking children run on another.

use std::{future::pending, thread, time::Duration};

use purview::{CancelReason, TaskError, cancelled, fail_fast, settled, shield};
use purview_smol::Smol;
use purview_tests::{Log, smol, tokio_multi_thread, yields};
use purview_tokio::Tokio;

/// A tokio whose threads can be told by their name, beside whatever runs the scope.
fn tokio_beside() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("beside")
        .enable_all()
        .build()
        .expect("a tokio runtime")
}

fn on_the_tokio_beside() -> bool {
    thread::current().name() == Some("beside")
}

#[test]
fn a_scope_on_smol_with_children_on_tokio() {
    smol(async |_| {
        let tokio = tokio_beside();
        let out = fail_fast::<&str>()
            .runtime(Tokio::new(tokio.handle().clone()))
            .run(async |s| {
                let parallel = s.spawn_parallel(async {
                    yields(3).await;
                    // It is inside tokio there, and may use what needs that.
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    Ok(on_the_tokio_beside())
                });
                let plain = s.spawn(async { Ok(on_the_tokio_beside()) });
                let blocking = s.spawn_blocking(|_| Ok(on_the_tokio_beside()));
                Ok([parallel.await, plain.await, blocking.await])
            });
        assert_eq!(out.await.unwrap(), [true, false, true]);
        tokio.shutdown_background();
    });
}

#[test]
fn a_scope_on_tokio_with_children_on_smol() {
    tokio_multi_thread(async |_| {
        let out = fail_fast::<&str>().runtime(Smol).run(async |s| {
            let in_tokio = || tokio::runtime::Handle::try_current().is_ok();
            let parallel = s.spawn_parallel(async move {
                yields(3).await;
                Ok(in_tokio())
            });
            let plain = s.spawn(async move { Ok(in_tokio()) });
            Ok([parallel.await, plain.await])
        });
        assert_eq!(out.await.unwrap(), [false, true]);
    });
}

#[test]
fn cancellation_crosses_over_and_clean_up_is_waited_for() {
    smol(async |_| {
        let (tokio, log) = (tokio_beside(), Log::new());
        let out = fail_fast::<&str>()
            .runtime(Tokio::new(tokio.handle().clone()))
            .run(async |s| {
                let (says, started) = futures::channel::oneshot::channel();
                let noted = log.clone();
                drop(s.spawn_parallel(async move {
                    says.send(()).unwrap();
                    let why = cancelled().await;
                    shield(tokio::time::sleep(Duration::from_millis(1))).await;
                    noted.note(why.to_string());
                    Ok(())
                }));
                started.await.unwrap();
                s.cancel_with("enough");
                pending::<Result<(), _>>().await
            });
        assert!(out.await.expect_err("it was cancelled").is_cancelled());
        assert_eq!(log.entries(), ["cancelled on request: enough"]);
        tokio.shutdown_background();
    });
}

#[test]
fn the_other_one_may_be_shut_down() {
    smol(async |_| {
        let tokio = tokio_beside();
        let out = settled::<&str>()
            .runtime(Tokio::new(tokio.handle().clone()))
            .run(async move |s| {
                let (says, started) = futures::channel::oneshot::channel();
                let lost = s.spawn_parallel(async move {
                    says.send(()).unwrap();
                    pending::<Result<(), _>>().await
                });
                started.await.unwrap();
                tokio.shutdown_background();
                let why = lost.await;
                assert!(
                    matches!(why, Err(TaskError::Cancelled(CancelReason::Requested(Some(_))))),
                    "{why:?}"
                );
                Ok(s.spawn_parallel(async { Ok(on_the_tokio_beside()) }).await.unwrap())
            });
        assert!(!out.await.unwrap().value, "what comes after runs here");
    });
}

#[test]
fn a_scope_nested_in_a_child_there_stays_there() {
    smol(async |_| {
        let tokio = tokio_beside();
        let out = fail_fast::<&str>()
            .runtime(Tokio::new(tokio.handle().clone()))
            .run(async |s| {
                let nested = s.spawn_parallel(async {
                    fail_fast::<&str>()
                        .run(async |inner| {
                            let plain = inner.spawn(async { Ok(on_the_tokio_beside()) });
                            let parallel = inner.spawn_parallel(async { Ok(on_the_tokio_beside()) });
                            Ok([plain.await, parallel.await])
                        })
                        .await
                        .map_err(|_| "no")
                });
                Ok(nested.await)
            });
        assert_eq!(out.await.unwrap(), [true, true]);
        tokio.shutdown_background();
    });
}
