//! How often a scope is polled for one wake-up of a child.

use std::{
    future::poll_fn,
    sync::Mutex,
    task::{Poll, Waker},
};

use purview_tests::{PollCount, by_hand};

const CHILDREN: usize = 100;
const ROUNDS: usize = 100;

/// Wakes one child after another from outside, and polls the scope for as long as it asks to be polled.
#[allow(clippy::cast_precision_loss, reason = "ten thousand polls")]
pub(crate) fn scope_polls_per_wake() -> f64 {
    let wakers: Vec<Mutex<Option<Waker>>> = (0..CHILDREN).map(|_| Mutex::new(None)).collect();
    let polls = PollCount::new();
    let mut run = by_hand(purview::scope(async |s| {
        for waker in &wakers {
            s.spawn(polls.of(poll_fn(move |cx| {
                *waker.lock().expect("not poisoned") = Some(cx.waker().clone());
                Poll::<()>::Pending
            })));
        }
    }));
    assert!(run.poll_until_idle().is_pending());
    let mut asked = run.wakes();

    let (mut scope_polls, before) = (0_usize, polls.get());
    for _ in 0..ROUNDS {
        for waker in &wakers {
            let waker = waker.lock().expect("not poisoned").clone();
            waker.expect("every child was polled").wake();
            while run.wakes() > asked {
                asked = run.wakes();
                assert!(run.poll().is_pending());
                scope_polls += 1;
            }
        }
    }
    assert_eq!(
        polls.get() - before,
        CHILDREN * ROUNDS,
        "each wake-up was one poll of a child"
    );
    scope_polls as f64 / (CHILDREN * ROUNDS) as f64
}
