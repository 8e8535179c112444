//! A stream of futures that panics ends the gather as a future does that panics.

use std::future::pending;

use futures::{Stream, StreamExt, stream};
use purview::{CancelReason, TaskError, gather_stream};
use purview_tests::{Log, by_hand, caught, polled_on_every_runtime};

/// Two futures that never end, and then a panic.
fn two_and_then_a_panic(log: &Log) -> impl Stream<Item = impl Future<Output = Result<(), ()>>> {
    let two = ["0", "1"].map(|name| log.traced(name, pending()));
    stream::iter(two).chain(stream::poll_fn(|_| panic!("the source panics")))
}

fn futures_under_way_are_dropped_newest_first_and_the_panic_goes_on() {
    let log = Log::new();
    let mut all = by_hand(caught(gather_stream(two_and_then_a_panic(&log))));
    assert_eq!(all.finish().map(drop), Err("the source panics".to_owned()));
    assert_eq!(log.entries(), ["1 dropped", "0 dropped"]);
}

fn where_each_is_reported_by_itself_so_are_futures_under_way_before_the_panic_goes_on() {
    let log = Log::new();
    let mut each = gather_stream(two_and_then_a_panic(&log)).as_completed();
    for index in 0..2 {
        let next = by_hand(each.next()).finish();
        assert!(
            matches!(next, Some((n, Err(TaskError::Cancelled(CancelReason::Panicked)))) if n == index),
            "{next:?}"
        );
    }
    let last = by_hand(caught(each.next())).finish();
    assert_eq!(last.map(drop), Err("the source panics".to_owned()));
}

polled_on_every_runtime!(
    futures_under_way_are_dropped_newest_first_and_the_panic_goes_on,
    where_each_is_reported_by_itself_so_are_futures_under_way_before_the_panic_goes_on,
);
