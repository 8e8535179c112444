//! Where the deadline of a request comes from, and what happens when it has passed.

use std::{future::pending, time::Duration};

use http::StatusCode;
use purview::{remaining, settled, shield, sleep};
use purview_tower::{Drop, Finish, Fixed, GrpcTimeout, Header, OnDisconnect, RunOn, server};
use tower::ServiceExt;

use crate::setting::{GRPC, Log, SECOND, ask, grpc_status, open, request, serve, settle, text};

const MILLIS: Header = Header("x-request-timeout-ms");

/// What a handler sees of its deadline, in milliseconds.
async fn left(_: http::Request<()>) -> String {
    remaining().map_or("none".to_owned(), |left| (left.as_secs_f64() * 1e3).to_string())
}

#[tokio::test(start_paused = true)]
async fn it_is_what_the_header_says_and_never_more_than_the_layer_allows() {
    let service = open();
    let grpc = server(&service).deadline(GrpcTimeout);
    settle().await;
    assert_eq!(
        text(ask(&grpc, request(&[("grpc-timeout", "2S")]), left).await).await,
        "2000"
    );
    assert_eq!(text(ask(&grpc, request(&[]), left).await).await, "none");
    let millis = server(&service).deadline(MILLIS).early(Duration::from_millis(5));
    settle().await;
    let said = || request(&[("x-request-timeout-ms", "250")]);
    assert_eq!(text(ask(&millis, said(), left).await).await, "245");
    let bounded = millis.at_most(Duration::from_millis(100));
    assert_eq!(text(ask(&bounded, said(), left).await).await, "100");
    assert_eq!(text(ask(&bounded, request(&[]), left).await).await, "100");
    let fixed = server(&service).deadline(Fixed(SECOND));
    settle().await;
    assert_eq!(
        text(ask(&fixed, request(&[("grpc-timeout", "2S")]), left).await).await,
        "1000"
    );
}

#[tokio::test(start_paused = true)]
async fn more_than_there_is_time_is_as_good_as_none() {
    let service = open();
    let layer = server(&service).deadline(GrpcTimeout);
    let answer = ask(&layer, request(&[("grpc-timeout", "99999999H")]), |_| async {
        "there".to_owned()
    });
    assert_eq!(text(answer.await).await, "there");
    let layer = server(&service).deadline(MILLIS);
    let most = request(&[("x-request-timeout-ms", "99999999999999999999999999")]);
    assert_eq!(
        text(ask(&layer, most, |_| async { "there".to_owned() }).await).await,
        "there"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_malformed_or_there_twice_is_refused_without_a_call() {
    let service = open();
    let never = |_| async { unreachable!("it must not be called") };
    let layer = server(&service).deadline(MILLIS);
    for value in ["", "-1", "1.5", "soon", "1 2"] {
        let answer = ask(&layer, request(&[("x-request-timeout-ms", value)]), never).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{value:?}");
    }
    let twice = request(&[("x-request-timeout-ms", "1"), ("x-request-timeout-ms", "1")]);
    assert_eq!(ask(&layer, twice, never).await.status(), StatusCode::BAD_REQUEST);
    let layer = server(&service).deadline(GrpcTimeout);
    for value in ["1", "123456789m", "1h"] {
        let answer = ask(
            &layer,
            request(&[("content-type", GRPC), ("grpc-timeout", value)]),
            never,
        )
        .await;
        assert_eq!(
            (answer.status(), grpc_status(answer.headers())),
            (StatusCode::OK, Some("13")),
            "{value}"
        );
    }
    let twice = request(&[("content-type", GRPC), ("grpc-timeout", "1S"), ("grpc-timeout", "2S")]);
    assert_eq!(grpc_status(ask(&layer, twice, never).await.headers()), Some("13"));
    settle().await;
    assert!(service.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_timeout_of_zero_is_expired_without_a_call() {
    let service = open();
    let never = |_| async { unreachable!("it must not be called") };
    let layer = server(&service).deadline(GrpcTimeout);
    let answer = ask(&layer, request(&[("grpc-timeout", "0S")]), never).await;
    assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
    let layer = layer.early(Duration::from_millis(5));
    let answer = ask(
        &layer,
        request(&[("content-type", GRPC), ("grpc-timeout", "4m")]),
        never,
    )
    .await;
    assert_eq!(grpc_status(answer.headers()), Some("4"));
}

#[tokio::test(start_paused = true)]
async fn what_is_late_is_answered_with_504_or_deadline_exceeded() {
    let service = open();
    let layer = server(&service).deadline(GrpcTimeout);
    let answer = ask(&layer, request(&[("grpc-timeout", "1S")]), |_| pending()).await;
    assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
    let grpc = request(&[("grpc-timeout", "1S"), ("content-type", "application/grpc+proto")]);
    let answer = ask(&layer, grpc, |_| pending()).await;
    assert_eq!(
        (answer.status(), grpc_status(answer.headers())),
        (StatusCode::OK, Some("4"))
    );
    assert_eq!(answer.headers()["content-type"], GRPC);
    let own = layer.on_expiry(|request| {
        assert_eq!(request.uri.path(), "/");
        StatusCode::REQUEST_TIMEOUT
    });
    let answer = ask(&own, request(&[("grpc-timeout", "1S")]), |_| pending()).await;
    assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn the_answer_does_not_wait_for_the_clean_up_which_goes_on() {
    let (service, log) = (open(), Log::default());
    let noted = log.clone();
    let layer = server(&service).deadline(Fixed(SECOND));
    let begun = tokio::time::Instant::now();
    let answer = ask(&layer, request(&[]), move |_| {
        let noted = noted.clone();
        async move {
            shield(async {
                sleep(3 * SECOND).await;
                noted.note("cleaned up");
            })
            .await;
            pending().await
        }
    });
    assert_eq!(answer.await.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!((begun.elapsed(), log.entries().len(), service.len()), (SECOND, 0, 1));
    tokio::time::sleep(2 * SECOND).await;
    settle().await;
    assert_eq!(log.entries(), ["cleaned up"]);
    assert!(service.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hears_of_it_may_answer_with_what_it_has() {
    let service = open();
    let layer = server(&service).deadline(Fixed(SECOND));
    let answer = ask(&layer, request(&[]), |_| async {
        format!("half of it: {}", purview::cancelled().await)
    });
    assert_eq!(text(answer.await).await, "half of it: deadline exceeded");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_its_turn_is_answered_at_its_deadline() {
    for on_disconnect in [OnDisconnect::default(), Finish { grace: SECOND }, Drop, RunOn] {
        let (service, driver) = settled().limit(1).open();
        drop(tokio::spawn(driver));
        let layer = server(&service).deadline(GrpcTimeout).on_disconnect(on_disconnect);
        settle().await;
        let first = tokio::spawn(serve(&layer, |_| pending()).oneshot(request(&[])));
        settle().await;
        let begun = tokio::time::Instant::now();
        let never = |_| async { unreachable!("it must not be called") };
        let answer = ask(&layer, request(&[("grpc-timeout", "1S")]), never).await;
        assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT, "{on_disconnect:?}");
        assert_eq!(begun.elapsed(), SECOND, "{on_disconnect:?}");
        settle().await;
        assert_eq!(service.len(), 1, "{on_disconnect:?}: it has left the queue");
        first.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_that_a_request_waits_for_its_turn_counts() {
    let (service, driver) = settled().limit(1).open();
    drop(tokio::spawn(driver));
    let layer = server(&service).deadline(MILLIS);
    settle().await;
    let first = serve(&layer, |_| async {
        sleep(SECOND).await;
        String::new()
    });
    let first = tokio::spawn(first.oneshot(request(&[])));
    settle().await;
    let answer = ask(&layer, request(&[("x-request-timeout-ms", "1500")]), left).await;
    assert_eq!(text(answer).await, "500");
    assert!(first.await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_service_whose_own_deadline_has_passed_is_not_available() {
    let (service, driver) = settled().timeout(SECOND).open();
    drop(tokio::spawn(driver));
    let layer = server(&service).on_expiry(|_| -> StatusCode { unreachable!("no request is late") });
    for _ in 0..2 {
        let answer = ask(&layer, request(&[]), |_| pending()).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
}
