//! A source that always has another future neither keeps those that run from running nor the executor from others.

use std::{future::pending, sync::OnceLock};

use futures::{StreamExt, stream};
use purview::gather_stream;
use purview_tests::{PollCount, by_hand, on_every_runtime, polled_on_every_runtime};

fn it_is_pulled_from_a_little_at_a_time() {
    let (asked, polls) = (PollCount::new(), PollCount::new());
    let source = stream::repeat_with(|| {
        asked.add_one();
        polls.of(pending::<Result<(), ()>>())
    });
    let mut set = by_hand(gather_stream(source).settled());
    for _ in 0..10 {
        let before = (asked.get(), polls.get());
        assert!(set.poll().is_pending());
        let (started, polled) = (asked.get() - before.0, polls.get() - before.1);
        assert!(
            (1..=128).contains(&(started + polled)),
            "{started} started, {polled} polled"
        );
        assert!(polled > 0, "those that run get their turn");
    }
}

fn running_futures_are_polled_when_so_many_have_been_started() {
    let (asked, at_first) = (PollCount::new(), OnceLock::new());
    let source = stream::repeat_with(|| {
        asked.add_one();
        async {
            at_first.get_or_init(|| asked.get());
            pending::<Result<(), ()>>().await
        }
    });
    assert!(by_hand(gather_stream(source)).poll().is_pending());
    assert_eq!(at_first.get(), Some(&32));
}

async fn a_race_over_it_has_a_winner() {
    let futures = || stream::iter(0..).map(async |n| if n < 300 { Err(n) } else { Ok::<i32, i32>(n) });
    assert!(matches!(gather_stream(futures()).first().await, Ok((0, Err(_)))));
    let (index, value) = gather_stream(futures()).first_success().await.expect("endless tries");
    assert_eq!((index, value), (300, 300));
    let quorum = gather_stream(futures()).quorum(3).await.expect("endless tries");
    assert_eq!(quorum, [(300, 300), (301, 301), (302, 302)]);
}

async fn an_error_ends_a_gather_over_it() {
    let futures = stream::iter(0..).map(async |n| if n < 300 { Ok(n) } else { Err(n) });
    let error = gather_stream(futures).await.expect_err("the 300th failed");
    assert_eq!(error.into_failure(), Some(300));
}

async fn results_of_it_come_one_by_one() {
    let futures = stream::iter(0..).map(async |n| Ok::<_, ()>(n));
    let mut done = gather_stream(futures).as_completed();
    for expected in 0..1_000 {
        let (index, result) = done.next().await.expect("it never ends");
        assert_eq!((index, result.ok()), (expected, Some(expected)));
    }
}

polled_on_every_runtime!(
    it_is_pulled_from_a_little_at_a_time,
    running_futures_are_polled_when_so_many_have_been_started
);
on_every_runtime!(
    a_race_over_it_has_a_winner,
    an_error_ends_a_gather_over_it,
    results_of_it_come_one_by_one,
);
