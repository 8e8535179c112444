//! What happens to a request whose client has left: its response is dropped.

use std::{future::pending, pin::pin, time::Duration};

use futures::FutureExt;
use purview::{cancelled, fail_fast, shield, sleep};
use purview_tower::{Drop, Finish, OnDisconnect, RunOn, server};
use tower::ServiceExt;

use crate::setting::{Log, SECOND, open, request, serve, settle};

/// Begins a request and drops the response; gives what the handler has noted by then, and in the end.
async fn leave<F, Fut>(on_disconnect: OnDisconnect, handler: F) -> [Vec<String>; 2]
where
    F: Fn(Log) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let (service, log) = (open(), Log::default());
    let noted = log.clone();
    let layer = server(&service).on_disconnect(on_disconnect);
    let serve = serve(&layer, move |_| {
        let handling = handler(noted.clone());
        async move {
            handling.await;
            String::new()
        }
    });
    let mut response = Box::pin(serve.oneshot(request(&[])));
    assert!(response.as_mut().now_or_never().is_none());
    settle().await;
    drop(response);
    let at_once = log.entries();
    tokio::time::sleep(60 * SECOND).await;
    settle().await;
    assert!(service.is_empty(), "it is a member until it has ended");
    [at_once, log.entries()]
}

/// A handler that cleans up in every way there is.
async fn cleans_up(log: Log) {
    let _guard = log.on_drop("dropped");
    let inner = fail_fast::<()>().run(async |s| {
        let (deferred, told) = (log.clone(), log.clone());
        s.defer(async move {
            sleep(SECOND).await;
            deferred.note("deferred");
        });
        drop(s.spawn(async move {
            cancelled().await;
            told.note("told");
            shield(sleep(SECOND)).await;
            told.note("shielded");
            Ok(())
        }));
        pending::<Result<(), ()>>().await
    });
    drop(inner.await);
}

#[tokio::test(start_paused = true)]
async fn by_default_it_is_cancelled_and_cleans_up_in_the_scope() {
    for on_disconnect in [OnDisconnect::default(), Finish { grace: 30 * SECOND }] {
        let [at_once, in_the_end] = leave(on_disconnect, cleans_up).await;
        assert_eq!(at_once, [""; 0]);
        assert_eq!(in_the_end, ["told", "shielded", "deferred", "dropped"]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_hold_is_dropped_there_and_then() {
    let [at_once, _] = leave(OnDisconnect::default(), |log| async move {
        let _guard = log.on_drop("dropped");
        pending::<()>().await;
    })
    .await;
    assert_eq!(at_once, ["dropped"]);
}

#[tokio::test(start_paused = true)]
async fn what_takes_longer_than_the_grace_is_cut() {
    let grace = Finish {
        grace: Duration::from_millis(500),
    };
    let [_, in_the_end] = leave(grace, |log| async move {
        let _guard = log.on_drop("dropped");
        shield(sleep(SECOND)).await;
        log.note("never");
    })
    .await;
    assert_eq!(in_the_end, ["dropped"]);
}

#[tokio::test(start_paused = true)]
async fn it_may_be_dropped_without_a_clean_up() {
    let [_, in_the_end] = leave(Drop, cleans_up).await;
    assert_eq!(in_the_end, ["dropped"]);
}

#[tokio::test(start_paused = true)]
async fn it_may_run_on_and_is_not_told() {
    let [at_once, in_the_end] = leave(RunOn, |log| async move {
        let mut told = pin!(cancelled());
        let mut slept = pin!(sleep(SECOND));
        futures::select_biased! {
            _ = (&mut told).fuse() => log.note("told"),
            () = (&mut slept).fuse() => log.note("done"),
        }
    })
    .await;
    assert_eq!((at_once, in_the_end), (vec![], vec!["done".to_owned()]));
}
