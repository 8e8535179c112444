//! Trying again: as the server says, and never past the deadline. All of it on the virtual clock.
#![forbid(unsafe_code)]

use std::{cell::RefCell, time::Duration};

use http::{HeaderMap, HeaderValue};
use purview::{RetryError, timeout};
use purview_test::VirtualRuntime;
use purview_tower::{Backoff, Header, Pushback, client, pushback};
use tower::ServiceExt;

const SECOND: Duration = Duration::from_secs(1);

fn headers(said: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in said {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

fn elapsed() -> Duration {
    VirtualRuntime::current().unwrap().elapsed()
}

/// Calls a server that fails with these headers in turn and succeeds then, with a schedule of a second each; gives when
/// the calls were made.
async fn calls(failures: &[HeaderMap]) -> (Vec<Duration>, Result<(), RetryError<HeaderMap>>) {
    let made = RefCell::new(Vec::new());
    let backoff = Backoff::new();
    let tried = purview::retry(backoff.delays([SECOND; 5]), async || {
        made.borrow_mut().push(elapsed());
        match failures.get(made.borrow().len() - 1) {
            Some(headers) => Err(headers.clone()),
            None => Ok(()),
        }
    });
    let out = tried.when(|headers| backoff.allows(headers)).await;
    (made.take(), out)
}

#[test]
fn what_the_server_asks_for_is_waited_for_and_holds_for_one_attempt() {
    purview_test::run(async {
        let failures = [
            headers(&[]),
            headers(&[("grpc-retry-pushback-ms", "2500")]),
            headers(&[("retry-after", "3")]),
            headers(&[("retry-after", "0")]),
        ];
        let (made, out) = calls(&failures).await;
        assert!(out.is_ok());
        let millis: Vec<_> = made.iter().map(Duration::as_millis).collect();
        assert_eq!(millis, [0, 1_000, 3_500, 6_500, 7_500]);
    });
}

#[test]
fn a_wait_of_more_seconds_than_can_be_counted_is_one_that_does_not_end() {
    for said in ["18446744073709551615", "99999999999999999999999999"] {
        let said = headers(&[("retry-after", said)]);
        assert_eq!(pushback(&said), Pushback::After(Duration::from_secs(u64::MAX)));
        purview_test::run(async {
            let (made, out) = timeout(3600 * SECOND, calls(&[said])).await.unwrap();
            assert_eq!((made.len(), out.is_err()), (1, true));
        });
    }
}

#[test]
fn a_server_that_forbids_it_is_obeyed() {
    for said in ["-1", "soon", "", "1.5"] {
        purview_test::run(async {
            let (made, out) = calls(&[headers(&[("grpc-retry-pushback-ms", said), ("retry-after", "1")])]).await;
            assert_eq!((made.len(), out.unwrap_err().attempts), (1, 1), "{said:?}");
        });
    }
}

#[test]
fn a_wait_that_would_reach_the_deadline_is_not_begun() {
    purview_test::run(async {
        let failures = [headers(&[]), headers(&[("retry-after", "8")])];
        let (made, out) = timeout(9 * SECOND, calls(&failures)).await.unwrap();
        assert_eq!((made.len(), out.unwrap_err().attempts), (2, 2));
        assert_eq!(elapsed(), SECOND, "it gives up at once");
        let (made, out) = timeout(10 * SECOND, calls(&failures)).await.unwrap();
        assert_eq!((made.len(), out.is_ok()), (3, true));
    });
}

#[test]
fn each_attempt_is_told_what_is_left_then() {
    purview_test::run(async {
        let upstream = tower::service_fn(async |request: http::Request<()>| {
            let mut response = http::Response::new(String::new());
            *response.headers_mut() = request.headers().clone();
            Ok::<_, std::convert::Infallible>(response)
        });
        let upstream = client(upstream, Header("x-request-timeout-ms"));
        let told = RefCell::new(Vec::new());
        let backoff = Backoff::new();
        let tried = purview::retry(backoff.delays([SECOND; 9]), async || {
            let answer = upstream.clone().oneshot(http::Request::new(())).await.unwrap();
            told.borrow_mut().push(answer.headers()["x-request-timeout-ms"].clone());
            Err::<(), _>(headers(&[("retry-after", "2")]))
        });
        let tried = tried.when(|headers| backoff.allows(headers));
        assert_eq!(timeout(5 * SECOND, tried).await.unwrap().unwrap_err().attempts, 3);
        assert_eq!(told.take(), ["5000", "3000", "1000"]);
    });
}

#[test]
fn a_date_says_nothing_and_of_two_the_one_of_grpc_counts() {
    let dated = headers(&[("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")]);
    assert_eq!(pushback(&dated), Pushback::Unsaid);
    let both = headers(&[("retry-after", "60"), ("grpc-retry-pushback-ms", "20")]);
    assert_eq!(pushback(&both), Pushback::After(Duration::from_millis(20)));
    assert_eq!(pushback(&both).over(SECOND), Some(SECOND));
    assert_eq!(pushback(&headers(&[("retry-after", "-1")])), Pushback::Unsaid);
}
