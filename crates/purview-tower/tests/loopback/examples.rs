//! The examples do what they say.

use std::time::Duration;

#[path = "../../examples/fan_out.rs"]
#[expect(dead_code, reason = "its `main`")]
mod fan_out;
#[path = "../../examples/jobs.rs"]
#[expect(dead_code, reason = "its `main`")]
mod jobs;
#[path = "../../examples/reviews.rs"]
#[expect(dead_code, reason = "its `main`")]
mod reviews;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_shows_what_has_come_in_time() {
    let page = fan_out::run(Duration::from_secs(3)).await.unwrap();
    let lines: Vec<_> = page.lines().collect();
    // The upstream gives up first; where it is not heard of in time, the page says so itself.
    let late = [
        "reviews: 504 Gateway Timeout",
        "reviews: not in time (deadline exceeded)",
    ];
    assert!(late.contains(&lines[2]), "{page}");
    assert_eq!(lines[..2], ["prices: 6 letters", "stock: 5 letters"]);
    assert_eq!(lines[3..], ["pages: 0 cut", "upstreams: 0 cut"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_job_is_acknowledged_once_and_returned_when_it_did_not_succeed() {
    let tally = jobs::run(20, 20).await.unwrap();
    assert_eq!((tally.acknowledged, tally.waiting), (20, 0));
    // Eight do not succeed at first; on a slow machine others may be late, and come again.
    assert!(tally.returned >= 8, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_stopped_loses_no_job_and_does_none_twice() {
    let tally = jobs::run(200, 50).await.unwrap();
    assert!(tally.acknowledged >= 50, "{tally:?}");
    assert_eq!(tally.acknowledged + tally.waiting, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_tries_again_as_the_server_says_and_never_past_the_deadline() {
    let pages = reviews::run(Duration::from_secs(60)).await.unwrap();
    let lines: Vec<_> = pages.lines().collect();
    assert_eq!(lines[0], "latest: seven reviews");
    assert_eq!(lines[1], "archive: failed at the only attempt: 503 Service Unavailable");
}
