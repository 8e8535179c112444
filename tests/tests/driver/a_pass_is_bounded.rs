//! One poll of a scope is at most 128 steps; then it wakes itself and lets the executor see to others.

use purview::{JoinAll, Scope, scope};
use purview_tests::{PollCount, by_hand, on_every_runtime, polled_on_every_runtime, yields};

const STEPS: usize = 128;
/// Polls in a row that come to nothing, after which a pass ends: see `polls_stay_linear_under_tokio`.
const FRUITLESS: usize = 32;

fn a_thousand_children_are_started_over_several_polls() {
    let polls = PollCount::new();
    let mut run = by_hand(scope(async |s| {
        for _ in 0..1_000 {
            s.spawn(polls.of(std::future::pending::<()>()));
        }
    }));
    let mut before = 0;
    while polls.get() < 1_000 {
        let wakes = run.wakes();
        assert!(run.poll().is_pending());
        let polled = polls.get() - before;
        assert!((1..=STEPS).contains(&polled), "{polled} children in one poll");
        assert!(
            polls.get() == 1_000 || run.wakes() > wakes,
            "it asks to be polled again"
        );
        before = polls.get();
    }
}

/// The end of a child is a step of its own.
fn children_that_are_ready_at_once_are_no_exception() {
    let polls = PollCount::new();
    let mut run = by_hand(scope(async |s| {
        for _ in 0..1_000 {
            s.spawn(polls.of(async {}));
        }
    }));
    let mut before = 0;
    while run.poll().is_pending() {
        let polled = polls.get() - before;
        assert!(
            2 * polled <= STEPS,
            "{polled} children were polled and ended in one poll"
        );
        before = polls.get();
    }
    assert_eq!(polls.get(), 1_000);
}

/// Without a bound on the spawns of a pass, the first poll would never return.
fn children_that_spawn_for_ever_do_not_keep_the_executor() {
    fn spawns_its_successor<'env>(s: &Scope<'env, JoinAll>, polls: &'env PollCount) {
        let handle = s.clone();
        s.spawn(polls.of(async move { spawns_its_successor(&handle, polls) }));
    }
    let polls = PollCount::new();
    let mut run = by_hand(scope(async |s| spawns_its_successor(&s, &polls)));
    for _ in 0..10 {
        let before = polls.get();
        assert!(run.poll().is_pending());
        assert!(
            (1..=STEPS).contains(&(polls.get() - before)),
            "{} children in one poll",
            polls.get() - before
        );
    }
}

fn every_child_is_polled_beside_children_that_wake_themselves() {
    let polls = PollCount::new();
    let mut run = by_hand(scope(async |s| {
        for _ in 0..1_000 {
            s.spawn(yields(1_000));
        }
        s.spawn(polls.of(yields(20)));
    }));
    for _ in 0..20 * (1_000 / FRUITLESS + 2) {
        assert!(run.poll().is_pending());
    }
    assert!(polls.get() >= 20, "the last child was polled {} times", polls.get());
}

/// As in one queue: no child that was ready is passed over.
fn a_body_that_yields_is_polled_again_when_every_sibling_has_been() {
    const SIBLINGS: usize = 200;
    for daemons in [0, SIBLINGS / 2] {
        let (body, siblings) = (PollCount::new(), PollCount::new());
        let mut run = by_hand(scope(async |s| {
            for n in 0..SIBLINGS {
                let sibling = siblings.of(yields(1_000));
                if n < daemons {
                    s.task().daemon().spawn(sibling);
                } else {
                    s.spawn(sibling);
                }
            }
            body.of(yields(1_000)).await;
        }));
        for _ in 0..200 {
            assert!(run.poll().is_pending());
            let (turns, polled) = (body.get() - 1, siblings.get());
            assert!(
                turns * SIBLINGS <= polled,
                "{turns} turns, and siblings polled {polled} times"
            );
        }
        assert!(body.get() > 10, "the body is polled again");
    }
}

async fn a_thousand_children_that_yield_come_to_their_end() {
    scope(async |s| {
        for _ in 0..1_000 {
            s.spawn(yields(20));
        }
    })
    .await;
}

polled_on_every_runtime!(
    a_thousand_children_are_started_over_several_polls,
    children_that_are_ready_at_once_are_no_exception,
    children_that_spawn_for_ever_do_not_keep_the_executor,
    every_child_is_polled_beside_children_that_wake_themselves,
    a_body_that_yields_is_polled_again_when_every_sibling_has_been,
);
on_every_runtime!(a_thousand_children_that_yield_come_to_their_end);
