//! `run_until_cancelled` gives up on its future when the token fires.

use std::future::pending;

use purview::CancelToken;
use purview_tests::{Gate, Log, PollCount, by_hand, on_every_runtime, polled_on_every_runtime, yields};

async fn a_future_that_ends_gives_its_value() {
    let token = CancelToken::new();
    assert_eq!(token.run_until_cancelled(async { 7 }).await, Some(7));
    let borrowed = [1, 2, 3];
    let length = token.run_until_cancelled(async {
        yields(3).await;
        borrowed.len()
    });
    assert_eq!(length.await, Some(3));
}

fn when_the_token_fires_the_future_is_dropped() {
    let (token, log) = (CancelToken::new(), Log::new());
    let mut run = by_hand(token.run_until_cancelled(log.traced("work", pending::<()>())));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert_eq!(run.finish(), None);
    assert!(log.has("work dropped"), "before its caller hears of it");
}

fn with_a_token_that_has_fired_the_future_is_never_polled() {
    let (token, polls) = (CancelToken::new(), PollCount::new());
    token.cancel();
    assert_eq!(by_hand(token.run_until_cancelled(polls.of(async {}))).finish(), None);
    assert_eq!(polls.get(), 0);
}

fn a_future_that_ends_by_itself_leaves_no_waiter_behind() {
    let (token, gate) = (CancelToken::new(), Gate::new());
    let mut run = by_hand(async { token.run_until_cancelled(gate.wait()).await });
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish(), Some(()));
    let wakes = run.wakes();
    token.cancel();
    assert_eq!(run.wakes(), wakes);
}

on_every_runtime!(a_future_that_ends_gives_its_value);
polled_on_every_runtime!(
    when_the_token_fires_the_future_is_dropped,
    with_a_token_that_has_fired_the_future_is_never_polled,
    a_future_that_ends_by_itself_leaves_no_waiter_behind,
);
