//! A gather that has ended and is kept keeps nothing of the task that polled it.

use std::{
    sync::Arc,
    task::{Wake, Waker},
};

use futures::{FutureExt, StreamExt};
use purview::gather;
use purview_tests::{Gate, by_hand, polled_on_every_runtime, yields};

struct Ours;

impl Wake for Ours {
    fn wake(self: Arc<Self>) {}
}

/// Polls it with one waker until it has ended, the last time after the gate was opened.
#[track_caller]
fn keeps_no_waker<F: Future>(gate: &Gate, ends: F) {
    let ours = Arc::new(Ours);
    let waker = Waker::from(ours.clone());
    let mut ends = by_hand(ends);
    assert!(ends.poll_with(&waker).is_pending());
    assert!(Arc::strong_count(&ours) > 2, "it is to be woken");
    gate.open();
    while ends.poll_with(&waker).is_pending() {}
    assert_eq!(Arc::strong_count(&ours), 2, "the test's own, and the waker");
}

fn it_keeps_no_waker() {
    let gate = Gate::new();
    let waits = || gate.wait().map(Ok::<_, ()>);
    keeps_no_waker(&gate, gather([waits(), waits()]));
    let gate = Gate::new();
    let waits = || gate.wait().map(Ok::<_, ()>);
    keeps_no_waker(&gate, gather!(waits(), waits()));
    let gate = Gate::new();
    let waits = || gate.wait().map(Ok::<_, ()>);
    let mut done = gather([waits(), waits()]).as_completed();
    keeps_no_waker(&gate, async { while done.next().await.is_some() {} });
    let gate = Gate::new();
    let waits = || gate.wait().map(Ok::<_, ()>);
    keeps_no_waker(&gate, gather([waits(), waits()]).for_each(async |_, _| yields(3).await));
}

polled_on_every_runtime!(it_keeps_no_waker);
