//! With `.body(true)` a request lasts until its body has been sent or dropped.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use purview::{CancelReason, remaining, shield, sleep};
use purview_tower::{BodyError, Fixed, GrpcTimeout, OnDisconnect, ResponseBody, RunOn, Server, server};
use tower::{Layer, ServiceExt};

use crate::setting::{GRPC, Log, Open, SECOND, grpc_status, open, request, settle};

type Frames = StreamBody<BoxStream<'static, Result<Frame<Bytes>, Infallible>>>;

/// The answer whose body is what `body` gives.
async fn ask<S>(
    layer: &Server<Infallible>,
    request: Request<()>,
    body: impl Fn() -> S + Clone + Send + 'static,
) -> Response<ResponseBody<Frames>>
where
    S: Stream<Item = String> + Send + 'static,
{
    let service = layer.layer(tower::service_fn(move |_: Request<()>| {
        let frames = body().map(|text| Ok(Frame::data(Bytes::from(text)))).boxed();
        async { Ok::<_, Infallible>(Response::new(StreamBody::new(frames))) }
    }));
    service.oneshot(request).await.unwrap()
}

fn layer(service: &Open) -> Server<Infallible> {
    server(service).body(true)
}

/// Frames, a second apart.
fn ticks() -> impl Stream<Item = String> {
    stream::unfold(0, |n| async move {
        sleep(SECOND).await;
        Some((n.to_string(), n + 1))
    })
}

#[tokio::test(start_paused = true)]
async fn it_is_a_member_until_the_body_has_been_sent() {
    for on_disconnect in [OnDisconnect::default(), RunOn] {
        let service = open();
        let answer = ask(&layer(&service).on_disconnect(on_disconnect), request(&[]), || {
            ticks().take(3)
        })
        .await;
        settle().await;
        assert_eq!(service.len(), 1);
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(bytes, "012");
        settle().await;
        assert!(service.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_body_is_polled_inside_the_scope_of_the_request() {
    let service = open();
    let layer = layer(&service).deadline(Fixed(60 * SECOND)).name(|_| "GET /feed");
    let answer = ask(&layer, request(&[]), || {
        stream::once(async { format!("{} {:?}", purview::current().unwrap().name(), remaining().is_some()) })
    });
    let bytes = answer.await.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(bytes, "GET /feed true");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_dropped_cancels_the_request_which_cleans_up() {
    let (service, log) = (open(), Log::default());
    let noted = log.clone();
    let layer = layer(&service);
    let answer = ask(&layer, request(&[]), move || {
        let noted = noted.clone();
        stream::once(async { "first".to_owned() }).chain(stream::once(async move {
            shield(sleep(SECOND)).await;
            noted.note("cleaned up");
            String::new()
        }))
    });
    let mut body = answer.await.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "first");
    assert!(futures::poll!(std::pin::pin!(body.frame())).is_pending());
    drop(body);
    settle().await;
    assert_eq!((service.len(), log.entries().len()), (1, 0));
    tokio::time::sleep(2 * SECOND).await;
    settle().await;
    assert_eq!(log.entries(), ["cleaned up"]);
    assert!(service.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_cut_by_its_deadline_never_looks_complete() {
    let service = open();
    let layer = layer(&service).deadline(Fixed(Duration::from_millis(1_500)));
    let mut body = ask(&layer, request(&[]), ticks).await.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "0");
    assert!(matches!(body.frame().await, Some(Err(BodyError::Stopped(_)))));
    assert!(body.frame().await.is_none());

    let mut body = ask(&layer, request(&[("content-type", GRPC)]), ticks).await.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "0");
    let trailers: HeaderMap = body.frame().await.unwrap().unwrap().into_trailers().unwrap();
    assert_eq!(grpc_status(&trailers), Some("4"));
    settle().await;
    assert!(service.is_empty());
}

/// One frame, and then a wait that cleans up.
fn waits(log: &Log) -> impl Fn() -> BoxStream<'static, String> + Clone + Send + use<> {
    let log = log.clone();
    move || {
        let log = log.clone();
        let wait = stream::once(async move {
            let _guard = log.on_drop("dropped");
            shield(sleep(3 * SECOND)).await;
            log.note("cleaned up");
            std::future::pending().await
        });
        stream::once(async { "first".to_owned() }).chain(wait).boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_polled_any_more_is_cut_by_its_deadline() {
    for kind in ["text/plain", GRPC] {
        let (service, log) = (open(), Log::default());
        let layer = layer(&service).deadline(Fixed(SECOND));
        let mut body = ask(&layer, request(&[("content-type", kind)]), waits(&log))
            .await
            .into_body();
        assert!(body.frame().await.unwrap().is_ok());
        assert!(futures::poll!(std::pin::pin!(body.frame())).is_pending());
        tokio::time::sleep(2 * SECOND).await;
        settle().await;
        assert_eq!((service.len(), log.entries().len()), (1, 0), "the shield is waited for");
        tokio::time::sleep(2 * SECOND).await;
        settle().await;
        assert_eq!(log.entries(), ["cleaned up", "dropped"]);
        assert!(service.is_empty());
        match body.frame().await.unwrap() {
            Ok(frame) => assert_eq!(grpc_status(&frame.into_trailers().unwrap()), Some("4")),
            Err(error) => assert!(
                matches!(error, BodyError::Stopped(CancelReason::DeadlineExceeded)),
                "{error}"
            ),
        }
        assert!(body.frame().await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_with_more_time_than_there_is_is_sent() {
    let service = open();
    let layer = layer(&service).deadline(GrpcTimeout);
    let answer = ask(&layer, request(&[("grpc-timeout", "99999999H")]), || ticks().take(2)).await;
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "01");
    settle().await;
    assert!(service.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_has_been_sent_or_dropped_leaves_no_watch_on_its_deadline() {
    let service = open();
    let layer = layer(&service).deadline(Fixed(60 * SECOND));
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let sent = ask(&layer, request(&[]), || ticks().take(2)).await.into_body();
    let dropped = ask(&layer, request(&[]), ticks).await.into_body();
    assert_eq!(tasks(), before + 2);
    assert_eq!(sent.collect().await.unwrap().to_bytes(), "01");
    drop(dropped);
    settle().await;
    assert_eq!(tasks(), before);
    assert!(service.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_hears_of_its_deadline_may_give_one_more_frame() {
    let service = open();
    let layer = layer(&service).deadline(Fixed(SECOND));
    let told = || stream::once(async { purview::cancelled().await.to_string() });
    let mut body = ask(&layer, request(&[]), told).await.into_body();
    assert_eq!(
        body.frame().await.unwrap().unwrap().into_data().unwrap(),
        "deadline exceeded"
    );
    assert!(matches!(body.frame().await, Some(Err(BodyError::Stopped(_)))));
    settle().await;
    assert!(service.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_panics_is_cut_short_and_the_service_goes_on() {
    let service = open();
    let panics = || stream::once(async { panic!("out of cheese") });
    let mut body = ask(&layer(&service), request(&[]), panics).await.into_body();
    assert!(matches!(body.frame().await, Some(Err(BodyError::Panicked))));
    assert!(!service.is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_not_polled_any_more_is_cut_by_the_shutdown() {
    let service = open();
    let mut body = ask(&layer(&service).name(|_| "GET /feed"), request(&[]), ticks)
        .await
        .into_body();
    let report = service.shutdown(SECOND).await;
    assert_eq!(
        report.cut.iter().map(purview::TaskInfo::name).collect::<Vec<_>>(),
        ["GET /feed"]
    );
    assert!(matches!(body.frame().await, Some(Err(BodyError::Stopped(_)))));
}

#[tokio::test(start_paused = true)]
async fn a_body_without_frames_ends_with_its_answer() {
    let service = open();
    let answer = ask(&layer(&service), request(&[]), stream::empty).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(bytes.is_empty());
    settle().await;
    assert!(service.is_empty());
}
