//! A wait that is given up, or is over, releases the waker that it was polled with, and so the task that this would wake.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    task::{Poll, Wake, Waker},
    time::Duration,
};

use futures::{FutureExt, StreamExt};
use purview::{CancelToken, Scope, Sender, Settled, checkpoint, gather, settled, shield, sleep, timeout};
use purview_tests::{ByHand, Gate, TestClock, by_hand, polled_on_every_runtime};

struct Counted;

impl Wake for Counted {
    fn wake(self: Arc<Self>) {}
}

#[track_caller]
fn keeps_none<F: Future>(wait: F) {
    let task = Arc::new(Counted);
    let mut wait = by_hand(wait);
    assert!(wait.poll_with(&Waker::from(task.clone())).is_pending());
    assert!(Arc::strong_count(&task) > 1, "it would be woken");
    drop(wait);
    assert_eq!(Arc::strong_count(&task), 1, "its waker is kept");
}

/// What the wait was for may live on.
#[track_caller]
fn keeps_none_when_it_is_over<F: Future>(wait: F) -> ByHand<F> {
    let task = Arc::new(Counted);
    let mut wait = by_hand(wait);
    while wait.poll_with(&Waker::from(task.clone())).is_pending() {}
    assert_eq!(Arc::strong_count(&task), 1, "its waker is kept");
    wait
}

fn for_a_value_in_time() {
    drop(keeps_none_when_it_is_over(timeout(Duration::MAX, checkpoint())));
    let mut inside = Box::pin(gather([checkpoint().map(Ok::<_, ()>)]));
    drop(keeps_none_when_it_is_over(timeout(Duration::MAX, &mut inside)));
}

fn for_the_end_of_a_stream() {
    let (scope, driver) = settled::<()>().open();
    let (mut driver, task) = (by_hand(driver), Arc::new(Counted));
    let mut items = scope.produce::<u32, _, _>(1, async |_| Ok(()));
    let mut next = by_hand(items.next());
    assert!(next.poll_with(&Waker::from(task.clone())).is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(next.finish(), None);
    drop(next);
    assert_eq!(Arc::strong_count(&task), 1, "its waker is kept");
    drop(items);
}

fn for_a_token() {
    let token = CancelToken::new();
    keeps_none(token.cancelled());
    keeps_none(token.run_until_cancelled(pending::<()>()));
}

fn for_a_child() {
    let (scope, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    let task = scope.spawn::<(), _>(pending());
    assert!(driver.poll_until_idle().is_pending());
    keeps_none(task);
    let task = scope.spawn::<(), _>(pending());
    keeps_none(task.cancel_on_drop());
}

/// The child that has become ready runs on, and so does one that was told to stop and holds.
fn for_a_child_to_be_ready() {
    let (scope, driver) = settled::<()>().open();
    let (mut driver, task, ready) = (by_hand(driver), Arc::new(Counted), Gate::new());
    let opened = ready.clone();
    let mut start = by_hand(scope.start::<u32, (), _, _>(async move |ready| {
        opened.wait().await;
        assert!(ready.set(7).is_ok());
        pending().await
    }));
    assert!(start.poll_with(&Waker::from(task.clone())).is_pending());
    assert!(driver.poll_until_idle().is_pending());
    ready.open();
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(
        start.poll_with(&Waker::from(task.clone())).map(Result::ok),
        Poll::Ready(Some(7))
    );
    drop(start);
    assert_eq!(Arc::strong_count(&task), 1, "its waker is kept");

    let start = scope.start::<u32, (), _, _>(async |_ready| shield(pending()).await);
    assert!(driver.poll_until_idle().is_pending());
    keeps_none(start);
    assert_eq!(scope.len(), 2, "they run on");
}

/// It is ready before the wait is polled again.
fn for_a_value_that_the_child_is_ready_with() {
    let (scope, driver) = settled::<()>().open();
    let (mut driver, value) = (by_hand(driver), Arc::new(Counted));
    let given = value.clone();
    let start = scope.start::<_, (), _, _>(async move |ready| {
        assert!(ready.set(given).is_ok());
        pending().await
    });
    assert!(driver.poll_until_idle().is_pending());
    drop(start);
    assert_eq!(Arc::strong_count(&value), 1, "the value is kept");
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(scope.len(), 1, "the child runs on");
}

/// Which holds, so that its scope polls it on.
fn for_a_guest_that_cleans_up() {
    let (scope, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    let task = Arc::new(Counted);
    let mut guest = by_hand(scope.enter::<(), _>(shield(pending())));
    assert!(driver.poll_until_idle().is_pending());
    assert!(guest.poll_with(&Waker::from(task.clone())).is_pending());
    drop(guest);
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!((scope.len(), Arc::strong_count(&task)), (1, 1), "its waker is kept");
}

fn for_a_place_under_a_limit() {
    let (scope, _driver) = settled::<()>().limit(1).open();
    let _place = by_hand(scope.permit()).finish();
    keeps_none(scope.permit());
}

/// Once its scope has come to it.
fn for_a_guest() {
    let (scope, driver) = settled::<()>().open();
    let (mut driver, task) = (by_hand(driver), Arc::new(Counted));
    let mut guest = by_hand(scope.enter::<(), _>(pending()));
    assert!(guest.poll_with(&Waker::from(task.clone())).is_pending());
    drop(guest);
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(Arc::strong_count(&task), 1, "its waker is kept");
}

fn for_the_end_of_a_scope() {
    let (scope, driver) = settled::<()>().runtime(TestClock::new()).open();
    let mut driver = by_hand(driver);
    scope.spawn::<(), _>(pending());
    assert!(driver.poll_until_idle().is_pending());
    keeps_none(scope.shutdown(Duration::from_secs(1)));
}

fn for_an_instant() {
    let clock = TestClock::new();
    keeps_none(settled::<()>().runtime(clock.clone()).run(async |_| {
        sleep(Duration::from_secs(1)).await;
        Ok(())
    }));
    assert_eq!(clock.timers_alive(), 0);
}

/// A sender whose queue is full.
fn full(scope: &Scope<'static, Settled<()>>) -> (impl Sized + use<>, Sender<u32>) {
    let kept = Arc::new(Mutex::new(None));
    let slot = kept.clone();
    let items = scope.produce(1, move |tx| {
        assert!(tx.try_send(1).is_ok());
        *slot.lock().expect("not poisoned") = Some(tx);
        pending()
    });
    let tx = kept.lock().expect("not poisoned").take();
    (items, tx.expect("the producer was made"))
}

fn for_room_in_a_stream() {
    let (scope, _driver) = settled::<()>().open();
    let (_items, tx) = full(&scope);
    keeps_none(tx.reserve());
    keeps_none(tx.send(2));
}

fn for_an_item_of_a_stream() {
    let (scope, _driver) = settled::<()>().open();
    let mut items = scope.produce::<u32, _, _>(1, |tx| async move {
        let _tx = tx;
        pending().await
    });
    keeps_none(async move { items.next().await });
}

fn for_the_last_call_of_a_gather() {
    let gate = Gate::new();
    keeps_none(gather([async { Ok::<_, ()>(()) }]).for_each(|_, _| gate.wait()));
}

polled_on_every_runtime!(
    for_a_value_in_time,
    for_the_end_of_a_stream,
    for_a_token,
    for_a_child,
    for_a_child_to_be_ready,
    for_a_value_that_the_child_is_ready_with,
    for_a_guest_that_cleans_up,
    for_a_place_under_a_limit,
    for_a_guest,
    for_the_end_of_a_scope,
    for_an_instant,
    for_room_in_a_stream,
    for_an_item_of_a_stream,
    for_the_last_call_of_a_gather,
);
