//! The body waits its turn like a child: behind the children that were woken before it, and no longer than that.

use futures::FutureExt;
use purview::scope;
use purview_tests::{Log, PollCount, by_hand, polled_on_every_runtime_and_in_virtual_time, yields};

/// Fewer than the steps of a pass.
const CHILDREN: usize = 30;

fn a_child_that_wakes_it_and_those_behind_that_child_come_first() {
    let log = Log::new();
    let mut run = by_hand(scope(async |s| {
        let log = &log;
        let first = s.spawn(async move { log.note("0") });
        for n in 1..CHILDREN {
            s.spawn(async move { log.note(n.to_string()) });
        }
        first.await;
        log.note("body");
    }));
    run.finish();
    let mut expected: Vec<_> = (0..CHILDREN).map(|n| n.to_string()).collect();
    expected.push("body".to_owned());
    assert_eq!(log.entries(), expected);
}

fn one_that_awaits_its_tasks_in_order_is_not_polled_for_each() {
    let polls = PollCount::new();
    let mut run = by_hand(scope(async |s| {
        let tasks: Vec<_> = (0..CHILDREN).map(|n| s.spawn(async move { n })).collect();
        let all = async {
            let mut sum = 0;
            for task in tasks {
                sum += task.await;
            }
            sum
        };
        polls.of(all).await
    }));
    let sum = run.finish();
    assert_eq!(sum, CHILDREN * (CHILDREN - 1) / 2);
    assert!(polls.get() <= 4, "{} polls of the body", polls.get());
}

/// Children that wake themselves for ever are each polled once before it, and no more often.
fn children_that_are_always_woken_do_not_keep_it_waiting() {
    let log = Log::new();
    let mut run = by_hand(scope(async |s| {
        let log = &log;
        let first = s.spawn(async {});
        for _ in 0..3 {
            s.task()
                .daemon()
                .spawn(yields(1_000).map(move |()| log.note("a daemon has ended")));
        }
        first.await;
        log.note("body");
    }));
    run.finish();
    assert_eq!(log.entries().first().map(String::as_str), Some("body"));
}

polled_on_every_runtime_and_in_virtual_time! {
    a_child_that_wakes_it_and_those_behind_that_child_come_first,
    one_that_awaits_its_tasks_in_order_is_not_polled_for_each,
    children_that_are_always_woken_do_not_keep_it_waiting,
}
