//! Once tokio's cooperative budget is spent, whoever asks one of its resources is told to come back, and wakes itself.
//! A set of futures then polls everybody on every pass, which is quadratic. A scope does not.

use futures::future::BoxFuture;
use purview::scope;
use purview_tests::{PollCount, on_tokio};
use tokio::sync::Semaphore;

const CHILDREN: usize = 160_000;
const DEPTH: usize = 16;

async fn takes_a_free_permit(permits: &Semaphore) {
    drop(permits.acquire().await.expect("nobody closes it"));
}

#[track_caller]
fn assert_linear(polls: &PollCount) {
    assert!(polls.get() >= CHILDREN, "every child was polled");
    assert!(
        polls.get() <= 2 * CHILDREN,
        "{} polls for {CHILDREN} children",
        polls.get()
    );
}

async fn with_all_children_in_one_scope() {
    let (permits, polls) = (Semaphore::new(CHILDREN), PollCount::new());
    scope(async |s| {
        for _ in 0..CHILDREN {
            s.spawn(polls.of(takes_a_free_permit(&permits)));
        }
    })
    .await;
    assert_linear(&polls);
}

async fn with_all_children_in_the_innermost_of_sixteen_scopes() {
    fn level<'a>(left: usize, permits: &'a Semaphore, polls: &'a PollCount) -> BoxFuture<'a, ()> {
        Box::pin(scope(async move |s| {
            if left > 1 {
                s.spawn(level(left - 1, permits, polls));
            } else {
                for _ in 0..CHILDREN {
                    s.spawn(polls.of(takes_a_free_permit(permits)));
                }
            }
        }))
    }
    let (permits, polls) = (Semaphore::new(CHILDREN), PollCount::new());
    level(DEPTH, &permits, &polls).await;
    assert_linear(&polls);
}

async fn with_the_children_spread_over_sixteen_nested_scopes() {
    fn level<'a>(left: usize, permits: &'a Semaphore, polls: &'a PollCount) -> BoxFuture<'a, ()> {
        Box::pin(scope(async move |s| {
            for _ in 0..CHILDREN / DEPTH {
                s.spawn(polls.of(takes_a_free_permit(permits)));
            }
            if left > 1 {
                s.spawn(level(left - 1, permits, polls));
            }
        }))
    }
    let (permits, polls) = (Semaphore::new(CHILDREN), PollCount::new());
    level(DEPTH, &permits, &polls).await;
    assert_linear(&polls);
}

on_tokio!(
    with_all_children_in_one_scope,
    with_all_children_in_the_innermost_of_sixteen_scopes,
    with_the_children_spread_over_sixteen_nested_scopes,
);
