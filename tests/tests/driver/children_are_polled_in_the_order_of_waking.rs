//! Children are polled in the order in which they were woken, new ones in the order of spawning; what was not reached in one
//! pass comes up in the next.

use std::future::pending;

use futures::FutureExt;
use purview::{fail_fast, gather, scope};
use purview_tests::{
    Gate, Log, PollCount, Wait, by_hand, on_every_runtime_and_in_virtual_time,
    polled_on_every_runtime_and_in_virtual_time, yields,
};

/// More children than the steps of a pass.
const CROWD: usize = 400;
/// Polls in a row that come to nothing, after which a pass ends: see `polls_stay_linear_under_tokio`.
const IN_VAIN: usize = 32;

async fn children_that_yield_alike_fail_in_the_order_of_spawning() {
    for (children, times) in [(3, 1), (3, 2), (10, 5), (50, 3)] {
        let failed = fail_fast().run(async |s| {
            for n in 0..children {
                s.spawn(yields(times).map(move |()| Err::<(), _>(n)));
            }
            pending::<Result<(), i32>>().await
        });
        let first = failed.await.expect_err("they fail").into_failure();
        assert_eq!(first, Some(0), "of {children} that yield {times} times");
    }
}

async fn members_that_yield_alike_fail_in_the_order_of_the_input() {
    for (members, times) in [(3, 1), (3, 2), (10, 5), (50, 3)] {
        let all = gather((0..members).map(|n| yields(times).map(move |()| Err::<(), _>(n))));
        let first = all.await.expect_err("they fail").into_failure();
        assert_eq!(first, Some(0), "of {members} that yield {times} times");
    }
}

async fn members_of_different_types_that_yield_alike_fail_in_the_order_of_the_input() {
    let member = |n: i32| yields(2).map(move |()| Err::<(), _>(n));
    let all = purview::gather!(member(0), member(1), member(2));
    assert_eq!(all.await.expect_err("they fail").into_failure(), Some(0));
}

async fn children_that_yield_alike_end_in_the_order_of_spawning() {
    let log = Log::new();
    scope(async |s| {
        for n in 0..10 {
            let log = &log;
            s.spawn(yields(5).map(move |()| log.note(n.to_string())));
        }
    })
    .await;
    assert_eq!(log.entries(), (0..10).map(|n: i32| n.to_string()).collect::<Vec<_>>());
}

/// Opens the gates in this order, and gives the order in which the children or members came to their end.
fn woken(order: [usize; 5], in_a_gather: bool) -> Vec<String> {
    let (gates, log): ([Gate; 5], _) = (std::array::from_fn(|_| Gate::new()), Log::new());
    let noted = |n: usize, wait: Wait| {
        let log = log.clone();
        wait.map(move |()| {
            log.note(n.to_string());
            Ok::<_, ()>(())
        })
    };
    let waits = || gates.iter().enumerate().map(|(n, gate)| noted(n, gate.wait()));
    let run = async {
        if in_a_gather {
            assert!(gather(waits()).await.is_ok());
        } else {
            let all = fail_fast::<()>().run(async |s| {
                waits().for_each(|wait| drop(s.spawn(wait)));
                Ok(())
            });
            assert!(all.await.is_ok());
        }
    };
    let mut run = by_hand(run);
    assert!(run.poll_until_idle().is_pending());
    for n in order {
        gates[n].open();
    }
    run.finish();
    log.entries()
}

fn what_was_woken_first_is_polled_first() {
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3]] {
        for in_a_gather in [false, true] {
            assert_eq!(
                woken(order, in_a_gather),
                order.map(|n| n.to_string()),
                "in a gather: {in_a_gather}"
            );
        }
    }
}

/// One that is woken in its own poll comes behind those that were woken before.
fn one_that_wakes_itself_goes_to_the_end_of_the_queue() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(scope(async |s| {
        let log = &log;
        let waits = gate.wait();
        s.spawn(async move {
            waits.await;
            yields(1).await;
            log.note("yielded");
        });
        for name in ["second", "third"] {
            s.spawn(gate.wait().map(move |()| log.note(name)));
        }
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    run.finish();
    assert_eq!(log.entries(), ["second", "third", "yielded"]);
}

/// The most and the fewest polls of a child after so many polls of a scope full of children that yield for ever.
fn most_and_fewest(children: usize, passes: usize) -> (usize, usize) {
    let counts: Vec<PollCount> = (0..children).map(|_| PollCount::new()).collect();
    let mut run = by_hand(scope(async |s| {
        for count in &counts {
            s.spawn(count.of(yields(usize::MAX)));
        }
    }));
    for _ in 0..passes {
        let before: Vec<_> = counts.iter().map(PollCount::get).collect();
        assert!(run.poll().is_pending());
        let polls = counts.iter().zip(before).map(|(count, before)| count.get() - before);
        let twice = polls.clone().filter(|polls| *polls == 2).count();
        assert!(
            polls.clone().all(|polls| polls <= 2) && twice <= 2,
            "a pass ends after the first that comes up twice, or the one behind it"
        );
        assert!(polls.sum::<usize>() <= 128, "a pass has 128 steps");
    }
    let polls = || counts.iter().map(PollCount::get);
    (polls().max().unwrap_or(0), polls().min().unwrap_or(0))
}

fn children_that_yield_for_ever_are_polled_alike() {
    for (children, passes) in [(2, 100), (10, 100), (126, 400), (127, 400), (130, 400), (CROWD, 1_600)] {
        let (most, fewest) = most_and_fewest(children, passes);
        assert!(
            fewest > 0 && 4 * most <= 5 * fewest,
            "of {children}: {most} and {fewest} polls"
        );
    }
}

/// Hardly more passes than their number asks for reach each that was woken.
fn none_is_passed_over_twice_in_a_row() {
    let (gates, counts): (Vec<Gate>, Vec<PollCount>) = (0..CROWD).map(|_| (Gate::new(), PollCount::new())).unzip();
    let mut run = by_hand(scope(async |s| {
        for (gate, count) in gates.iter().zip(&counts) {
            s.spawn(count.of(gate.wait()));
        }
    }));
    assert!(run.poll_until_idle().is_pending());
    let started: usize = counts.iter().map(PollCount::get).sum();
    assert_eq!(started, CROWD);
    for _ in 0..10 {
        gates.iter().for_each(Gate::wake);
        let before: Vec<_> = counts.iter().map(PollCount::get).collect();
        // What was sent to the end of the queue at the end of a pass comes up in the passes after that.
        for _ in 0..CROWD / IN_VAIN + 3 {
            assert!(run.poll().is_pending());
        }
        let missed = counts
            .iter()
            .zip(before)
            .filter(|(count, before)| count.get() == *before)
            .count();
        assert_eq!(missed, 0, "children that were woken and not reached");
    }
}

on_every_runtime_and_in_virtual_time!(
    children_that_yield_alike_fail_in_the_order_of_spawning,
    members_that_yield_alike_fail_in_the_order_of_the_input,
    members_of_different_types_that_yield_alike_fail_in_the_order_of_the_input,
    children_that_yield_alike_end_in_the_order_of_spawning,
);
polled_on_every_runtime_and_in_virtual_time!(
    what_was_woken_first_is_polled_first,
    one_that_wakes_itself_goes_to_the_end_of_the_queue,
    children_that_yield_for_ever_are_polled_alike,
    none_is_passed_over_twice_in_a_row,
);
