//! What the layer answers itself: too many requests, panics.

use std::{future::pending, pin::pin};

use futures::FutureExt;
use http::StatusCode;
use purview::{shield, sleep};
use purview_tower::server;
use tower::ServiceExt;

use crate::setting::{GRPC, SECOND, ask, grpc_status, open, request, serve, settle, text};

#[tokio::test(start_paused = true)]
async fn one_more_than_the_limit_is_answered_at_once() {
    let service = open();
    let layer = server(&service).limit(1);
    let held = serve(&layer, |_| async {
        shield(sleep(SECOND)).await;
        pending().await
    });
    let there = |_| async { "there".to_owned() };
    {
        let mut first = pin!(held.oneshot(request(&[])));
        assert!(first.as_mut().now_or_never().is_none());
        assert_eq!(
            ask(&layer, request(&[]), there).await.status(),
            StatusCode::SERVICE_UNAVAILABLE
        );
        let grpc = ask(&layer, request(&[("content-type", GRPC)]), there).await;
        assert_eq!(grpc_status(grpc.headers()), Some("14"));
        assert!(!grpc.headers().contains_key("connection"));
    }
    let cleaning = ask(&layer, request(&[]), there).await;
    assert_eq!(
        cleaning.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "its clean-up counts"
    );
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(text(ask(&layer, request(&[]), there).await).await, "there");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_is_answered_with_500_or_internal_and_the_service_goes_on() {
    let service = open();
    let layer = server(&service);
    let panics = |_| async { panic!("out of cheese") };
    let answer = ask(&layer, request(&[]), panics).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let answer = ask(&layer, request(&[("content-type", GRPC)]), panics).await;
    assert_eq!(grpc_status(answer.headers()), Some("13"));
    settle().await;
    assert!(service.is_empty() && !service.is_cancelled());
    assert_eq!(
        text(ask(&layer, request(&[]), |_| async { "there".to_owned() }).await).await,
        "there"
    );
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "a response must not be polled after it has been given")]
async fn a_response_polled_again_panics() {
    let service = open();
    let mut response = pin!(tower::Service::call(
        &mut serve(&server(&service), |_| async { String::new() }),
        request(&[])
    ));
    assert!(response.as_mut().await.is_ok());
    drop(response.await);
}

#[test]
fn the_future_of_a_request_is_send_and_sync() {
    fn check<T: Send + Sync>() {}
    check::<purview_tower::ResponseFuture<http_body_util::Full<bytes::Bytes>, std::convert::Infallible, ()>>();
}
