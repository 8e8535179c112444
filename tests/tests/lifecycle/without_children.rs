//! A scope without children is its body: the same value, in the same poll, and nothing is woken for it.

use std::{convert::Infallible, task::Poll};

use purview::{fail_fast, local_scope, scope, settled, try_local_scope, try_scope};
use purview_tests::{Gate, PollCount, by_hand, on_every_runtime, polled_on_every_runtime};

async fn every_kind_gives_the_value_of_its_body() {
    assert_eq!(scope(async |_| 1).await, 1);
    assert_eq!(try_scope(async |_| Ok::<_, Infallible>(2)).await, Ok(2));
    assert_eq!(fail_fast::<Infallible>().run(async |_| Ok(3)).await.ok(), Some(3));
    let settlement = settled::<Infallible>()
        .run(async |_| Ok(4))
        .await
        .expect("nothing failed");
    assert_eq!(
        (settlement.value, settlement.failures.len(), settlement.stopped),
        (4, 0, None)
    );
}

fn the_first_poll_is_enough_and_wakes_nothing() {
    let polls = PollCount::new();
    let mut plain = by_hand(scope(|_| polls.of(async { 1 })));
    assert_eq!(plain.poll(), Poll::Ready(1));
    assert_eq!((polls.get(), plain.wakes()), (1, 0));

    let mut fallible = by_hand(try_scope(|_| polls.of(async { Err::<(), _>("no") })));
    assert_eq!(fallible.poll(), Poll::Ready(Err("no")));
    assert_eq!((polls.get(), fallible.wakes()), (2, 0));

    let mut local = by_hand(local_scope(|_| polls.of(async { 3 })));
    assert_eq!(local.poll(), Poll::Ready(3));
    let mut local = by_hand(try_local_scope(|_| polls.of(async { Ok::<_, Infallible>(4) })));
    assert_eq!(local.poll(), Poll::Ready(Ok(4)));
    assert_eq!((polls.get(), local.wakes()), (4, 0));
}

fn a_pending_body_is_polled_once_per_wake() {
    let (gate, polls) = (Gate::new(), PollCount::new());
    let mut run = by_hand(scope(|_| polls.of(gate.wait())));
    assert!(run.poll().is_pending());
    assert_eq!(
        (polls.get(), run.wakes()),
        (1, 0),
        "a scope that waits does not wake itself"
    );
    assert!(run.poll().is_pending());
    assert_eq!(
        polls.get(),
        1,
        "a poll of the scope that nothing asked for does not reach the body"
    );
    gate.open();
    assert_eq!(run.wakes(), 1);
    assert!(run.poll().is_ready());
    assert_eq!(polls.get(), 2);
}

fn the_closure_runs_at_once_and_the_body_not_before_the_first_poll() {
    let (mut called, polls) = (false, PollCount::new());
    let run = scope(|_| {
        called = true;
        polls.of(async {})
    });
    assert_eq!(polls.get(), 0);
    drop(run);
    assert!(called, "`run(f)` calls `f` at once");
    assert_eq!(polls.get(), 0, "a scope that was never polled never polled its body");
}

on_every_runtime!(every_kind_gives_the_value_of_its_body);
polled_on_every_runtime!(
    the_first_poll_is_enough_and_wakes_nothing,
    a_pending_body_is_polled_once_per_wake,
    the_closure_runs_at_once_and_the_body_not_before_the_first_poll,
);
