//! During a shutdown requests under way finish, and new ones are turned away.

use std::future::pending;

use http::{StatusCode, Version};
use purview::{shield, sleep};
use purview_tower::{Drop, Finish, server};
use tower::ServiceExt;

use crate::setting::{GRPC, SECOND, ask, grpc_status, open, request, serve, settle, text};

#[tokio::test(start_paused = true)]
async fn requests_under_way_finish_and_later_ones_are_refused() {
    let service = open();
    let layer = server(&service).name(|_| "GET /");
    let slow = tokio::spawn(
        serve(&layer, |_| async {
            sleep(SECOND).await;
            "slow".to_owned()
        })
        .oneshot(request(&[])),
    );
    let stubborn = tokio::spawn(serve(&layer, |_| shield(pending())).oneshot(request(&[])));
    settle().await;
    let closing = service.clone();
    let shutdown = tokio::spawn(async move { closing.shutdown(2 * SECOND).await });
    settle().await;

    let never = |_| async { unreachable!("it must not be called") };
    let late = ask(&layer, request(&[]), never).await;
    assert_eq!(late.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(late.headers()["connection"], "close");
    let mut http2 = request(&[]);
    *http2.version_mut() = Version::HTTP_2;
    assert!(!ask(&layer, http2, never).await.headers().contains_key("connection"));
    let grpc = ask(&layer, request(&[("content-type", GRPC)]), never).await;
    assert_eq!(grpc_status(grpc.headers()), Some("14"));

    assert_eq!(text(slow.await.unwrap().unwrap()).await, "slow");
    let report = shutdown.await.unwrap();
    assert_eq!((report.finished.len(), report.cut.len()), (1, 1));
    assert_eq!(
        stubborn.await.unwrap().unwrap().status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test(start_paused = true)]
async fn the_grace_of_a_disconnect_does_not_shorten_that_of_a_shutdown() {
    for on_disconnect in [Finish { grace: SECOND }, Drop] {
        let service = open();
        let layer = server(&service).on_disconnect(on_disconnect);
        settle().await;
        let slow = serve(&layer, |_| async {
            sleep(5 * SECOND).await;
            "slow".to_owned()
        });
        let slow = tokio::spawn(slow.oneshot(request(&[])));
        settle().await;
        let report = service.shutdown(10 * SECOND).await;
        assert_eq!((report.finished.len(), report.cut.len()), (1, 0), "{on_disconnect:?}");
        assert_eq!(text(slow.await.unwrap().unwrap()).await, "slow");
    }
}

#[tokio::test(start_paused = true)]
async fn a_scope_that_is_closed_turns_requests_away() {
    let service = open();
    service.close();
    let never = |_| async { unreachable!("it must not be called") };
    let answer = ask(&server(&service), request(&[]), never).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
}
