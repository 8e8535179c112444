//! A token cancels what is below it, once, for the reason given first, and nothing above it.

use std::{
    sync::{Arc, Mutex},
    thread,
};

use cooked_waker::{IntoWaker, Wake, WakeRef};
use purview::{CancelReason, CancelToken};
use purview_tests::{Gate, by_hand, calling_waker, on_every_runtime, polled_on_every_runtime};

fn requested(text: &'static str) -> CancelReason {
    CancelReason::Requested(Some(text.into()))
}

async fn the_first_reason_stays() {
    let token = CancelToken::new();
    assert_eq!((token.is_cancelled(), token.reason()), (false, None));
    token.cancel_with("first");
    token.cancel_with("second");
    token.cancel();
    assert_eq!((token.is_cancelled(), token.reason()), (true, Some(requested("first"))));
    assert_eq!(Some(token.cancelled().await), Some(requested("first")));
}

async fn a_clone_is_the_same_token() {
    let token = CancelToken::new();
    token.clone().cancel_with(format!("number {}", 1));
    assert_eq!(token.reason(), Some(requested("number 1")));
}

fn cancelling_goes_down_and_never_up_or_sideways() {
    let root = CancelToken::new();
    let (left, right) = (root.child(), root.child());
    let leaf = left.child();
    left.cancel_with("left");
    assert_eq!(
        (left.reason(), leaf.reason()),
        (Some(requested("left")), Some(requested("left")))
    );
    assert!(!root.is_cancelled() && !right.is_cancelled());
    root.cancel_with("root");
    assert_eq!(
        (right.reason(), left.reason()),
        (Some(requested("root")), Some(requested("left")))
    );
}

fn a_child_made_after_the_cancel_is_cancelled_from_the_start_and_wakes_nothing() {
    let token = CancelToken::new();
    token.cancel_with("before");
    let child = token.child();
    assert_eq!(child.reason(), Some(requested("before")));
    let mut waiter = by_hand(child.cancelled());
    assert!(waiter.poll().is_ready());
    assert_eq!(waiter.wakes(), 0);
}

fn dropping_a_token_cancels_nothing() {
    let parent = CancelToken::new();
    let child = parent.child();
    let mut waiter = by_hand(child.cancelled());
    assert!(waiter.poll().is_pending());
    drop(parent);
    assert!(!child.is_cancelled());
    assert!(waiter.poll().is_pending());
    assert_eq!(waiter.wakes(), 0);
}

fn a_token_reaches_its_grandchildren_though_the_one_between_was_dropped() {
    let root = CancelToken::new();
    let leaf = root.child().child();
    root.cancel_with("root");
    assert_eq!(leaf.reason(), Some(requested("root")));
}

fn a_line_of_a_hundred_thousand_tokens_is_cancelled_and_dropped() {
    let root = CancelToken::new();
    let mut leaf = root.child();
    for _ in 0..100_000 {
        leaf = leaf.child();
    }
    root.cancel_with("root");
    assert_eq!(leaf.reason(), Some(requested("root")));
    drop(root);
    drop(leaf);
}

fn every_waiter_is_woken_once() {
    let token = CancelToken::new();
    let child = token.child();
    let mut waiters: Vec<_> = (0..100)
        .map(|i| {
            by_hand(if i % 2 == 0 {
                token.cancelled()
            } else {
                child.cancelled()
            })
        })
        .collect();
    for waiter in &mut waiters {
        assert!(waiter.poll().is_pending());
        assert!(waiter.poll().is_pending());
    }
    token.cancel_with("first");
    token.cancel_with("second");
    for waiter in &mut waiters {
        assert_eq!(waiter.wakes(), 1);
        assert!(waiter.poll().is_ready());
    }
}

fn a_waiter_that_gave_up_is_not_woken() {
    let token = CancelToken::new();
    let mut waiter = by_hand(token.cancelled());
    assert!(waiter.poll().is_pending());
    let woken = Arc::new(Mutex::new(false));
    let seen = woken.clone();
    let mut other = by_hand(token.cancelled());
    assert!(
        other
            .poll_with(&calling_waker(move || *seen.lock().unwrap() = true))
            .is_pending()
    );
    drop(other);
    token.cancel();
    assert_eq!((waiter.wakes(), *woken.lock().unwrap()), (1, false));
}

fn a_waiter_of_one_wakes_another_in_the_middle_of_a_cancel() {
    let (token, gate) = (CancelToken::new(), Gate::new());
    let child = token.child();
    let mut first = by_hand(token.cancelled());
    let reentrant = calling_waker({
        let (token, gate) = (token.clone(), gate.clone());
        move || {
            assert!(token.is_cancelled() && token.reason().is_some());
            token.cancel_with("again");
            assert!(token.child().is_cancelled());
            gate.open();
        }
    });
    assert!(first.poll_with(&reentrant).is_pending());
    let mut other = by_hand(gate.wait());
    assert!(other.poll().is_pending());
    token.cancel_with("first");
    assert!(other.poll().is_ready() && first.poll().is_ready());
    assert_eq!(child.reason(), Some(requested("first")));
}

async fn a_cancel_on_another_thread_wakes_the_waiter() {
    let token = CancelToken::new();
    let remote = token.child();
    let waiter = remote.cancelled();
    let thread = thread::spawn(move || token.cancel_with("elsewhere"));
    assert_eq!(Some(waiter.await), Some(requested("elsewhere")));
    thread.join().expect("it cancels");
}

fn a_token_cannot_be_made_its_own_ancestor() {
    // There is no way to hang a token below another but to make it there; a scope that is told to listen to a token of
    // its own making is the nearest to a cycle, and ends like any other.
    let token = CancelToken::new();
    let mut run = by_hand(purview::fail_fast::<()>().cancel_on(&token).run(async |s| {
        let own = s.token();
        let inner = purview::fail_fast::<()>()
            .cancel_on(own.clone())
            .cancel_on(&own)
            .cancel_on(own.child());
        let inner = inner.run(async |inner| {
            inner.token().cancel_with("inner");
            std::future::pending::<Result<(), ()>>().await
        });
        assert_eq!(
            Some(inner.await.expect_err("it was cancelled").reason().clone()),
            Some(requested("inner"))
        );
        assert!(!own.is_cancelled());
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

on_every_runtime!(
    the_first_reason_stays,
    a_clone_is_the_same_token,
    a_cancel_on_another_thread_wakes_the_waiter
);
/// Cancels a token as it is cloned, which is between the first look at the token and the wait.
struct CancelsAsItIsCloned(CancelToken);

impl Clone for CancelsAsItIsCloned {
    fn clone(&self) -> Self {
        self.0.cancel();
        Self(self.0.clone())
    }
}

impl WakeRef for CancelsAsItIsCloned {
    fn wake_by_ref(&self) {}
}

impl Wake for CancelsAsItIsCloned {}

fn a_token_that_is_cancelled_as_a_waiter_comes_is_not_waited_for() {
    let token = CancelToken::new();
    let waker = Box::new(CancelsAsItIsCloned(token.clone())).into_waker();
    assert!(by_hand(token.cancelled()).poll_with(&waker).is_ready());
}

polled_on_every_runtime!(
    a_token_that_is_cancelled_as_a_waiter_comes_is_not_waited_for,
    cancelling_goes_down_and_never_up_or_sideways,
    a_child_made_after_the_cancel_is_cancelled_from_the_start_and_wakes_nothing,
    dropping_a_token_cancels_nothing,
    a_token_reaches_its_grandchildren_though_the_one_between_was_dropped,
    a_line_of_a_hundred_thousand_tokens_is_cancelled_and_dropped,
    every_waiter_is_woken_once,
    a_waiter_that_gave_up_is_not_woken,
    a_waiter_of_one_wakes_another_in_the_middle_of_a_cancel,
    a_token_cannot_be_made_its_own_ancestor,
);
