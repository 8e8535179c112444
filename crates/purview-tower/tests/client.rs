//! What is left of the deadline goes along with a request.
#![forbid(unsafe_code)]

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use purview::{context_key, timeout};
use purview_tower::{CallError, Client, GrpcTimeout, Header, client, grpc_timeout};
use tower::{Service, ServiceExt};

const SECOND: Duration = Duration::from_secs(1);
const MILLIS: Header = Header("x-request-timeout-ms");

context_key! {
    static TRACE: String;
}

/// An upstream that answers with the headers that it was sent.
fn echo(
    calls: &Arc<AtomicUsize>,
) -> impl Service<Request<()>, Response = Response<Full<Bytes>>, Error = Infallible> + Clone + use<> {
    let calls = calls.clone();
    tower::service_fn(move |request: Request<()>| {
        calls.fetch_add(1, SeqCst);
        let mut response = Response::new(Full::default());
        *response.headers_mut() = request.headers().clone();
        async move { Ok(response) }
    })
}

async fn sent<S>(client: &Client<S>, request: Request<()>) -> Result<HeaderMap, CallError<S::Error>>
where
    S: Service<Request<()>, Response = Response<Full<Bytes>>> + Clone,
{
    Ok(client.clone().oneshot(request).await?.headers().clone())
}

#[tokio::test(start_paused = true)]
async fn it_is_the_earliest_deadline_around_less_the_margin() {
    let calls = Arc::default();
    let grpc = client(echo(&calls), GrpcTimeout).early(Duration::from_millis(5));
    let headers = timeout(2 * SECOND, timeout(SECOND, sent(&grpc, Request::new(()))))
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    let written = grpc_timeout::parse(headers["grpc-timeout"].to_str().unwrap()).unwrap();
    assert_eq!(written, Duration::from_millis(995));
    let millis = client(echo(&calls), MILLIS);
    let headers = timeout(SECOND, sent(&millis, Request::new(()))).await.unwrap().unwrap();
    assert_eq!(headers["x-request-timeout-ms"], "1000");
}

#[tokio::test(start_paused = true)]
async fn where_there_is_none_nothing_is_written() {
    let headers = sent(&client(echo(&Arc::default()), GrpcTimeout), Request::new(()))
        .await
        .unwrap();
    assert!(headers.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_earlier_one_of_the_request_is_kept_and_a_later_one_is_not() {
    let millis = client(echo(&Arc::default()), MILLIS);
    for (given, written) in [("250", "250"), ("5000", "1000"), ("soon", "1000")] {
        let request = Request::builder()
            .header("x-request-timeout-ms", given)
            .body(())
            .unwrap();
        let headers = timeout(SECOND, sent(&millis, request)).await.unwrap().unwrap();
        assert_eq!(
            headers.get_all("x-request-timeout-ms").iter().collect::<Vec<_>>(),
            [written]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_left_no_call_is_made() {
    let calls = Arc::default();
    let millis = client(echo(&calls), MILLIS).early(SECOND);
    let refused = timeout(SECOND, sent(&millis, Request::new(()))).await.unwrap();
    assert!(matches!(refused, Err(CallError::DeadlineExceeded)));
    let grpc = client(echo(&calls), GrpcTimeout).early(SECOND);
    let request = Request::builder()
        .header("content-type", "application/grpc")
        .body(())
        .unwrap();
    let headers = timeout(SECOND, sent(&grpc, request)).await.unwrap().unwrap();
    assert_eq!(headers["grpc-status"], "4");
    assert_eq!(calls.load(SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_is_dropped_with_its_scope() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let guard = dropped.clone();
    let waits = tower::service_fn(move |_: Request<()>| {
        let guard = OnDrop(guard.clone());
        async move {
            let _guard = guard;
            std::future::pending::<Result<Response<Full<Bytes>>, Infallible>>().await
        }
    });
    let client = client(waits, GrpcTimeout);
    let stopped = purview::fail_fast::<&str>().run(async |s| {
        drop(s.spawn(async { sent(&client, Request::new(())).await.map(drop).map_err(|_| "failed") }));
        purview::checkpoint().await;
        assert_eq!(dropped.load(SeqCst), 0);
        Err::<(), _>("enough")
    });
    assert_eq!(stopped.await.unwrap_err().into_failure(), Some("enough"));
    assert_eq!(dropped.load(SeqCst), 1);
}

struct OnDrop(Arc<AtomicUsize>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn context_values_are_handed_on_where_they_are_bound() {
    let client = client(echo(&Arc::default()), GrpcTimeout).context("traceparent", &TRACE);
    let headers = TRACE
        .scope("00-abc-01".to_owned(), sent(&client, Request::new(())))
        .await
        .unwrap();
    assert_eq!(headers["traceparent"], "00-abc-01");
    let given = || Request::builder().header("traceparent", "given").body(()).unwrap();
    let headers = TRACE.scope("bound".to_owned(), sent(&client, given())).await.unwrap();
    assert_eq!(headers["traceparent"], "given");
    let unfit = TRACE
        .scope("no\nheader".to_owned(), sent(&client, Request::new(())))
        .await
        .unwrap();
    assert!(unfit.is_empty());
    assert!(sent(&client, Request::new(())).await.unwrap().is_empty());
}
