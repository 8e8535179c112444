//! The examples do what they say.

use std::time::Duration;

#[path = "../../examples/fan_out.rs"]
#[expect(dead_code, reason = "its `main`")]
mod fan_out;
#[path = "../../examples/jobs.rs"]
#[expect(dead_code, reason = "its `main`")]
mod jobs;

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
    let settlements = jobs::run(20).await;
    assert_eq!(settlements.acknowledged, 20);
    // Eight do not succeed at first; on a slow machine others may be late, and come again.
    assert!(settlements.returned >= 8, "{settlements:?}");
}
