//! The scope destroys its guests wherever they are, and waits for a poll that is under way.

use std::{
    future::{pending, poll_fn},
    sync::mpsc,
    task::Poll,
    thread,
};

use purview::{CancelReason, TaskError, cancelled, fail_fast, settled, shield};
use purview_tests::{Gate, Log, by_hand, polled_on_every_runtime};

fn one_that_is_idle_is_destroyed_by_the_driver() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let mut guest = by_hand(open.enter(log.traced("guest", pending::<Result<(), _>>())));
    assert!(guest.poll().is_pending());
    let wakes = guest.wakes();
    open.cancel_with("enough");
    assert!(driver.finish().is_ok());
    assert_eq!(log.entries(), ["guest polled", "guest dropped"]);
    assert!(guest.wakes() > wakes, "what awaits it is told");
    match guest.finish() {
        Ok(Err(TaskError::Cancelled(why))) => assert_eq!(why.to_string(), "cancelled on request: enough"),
        other => panic!("{other:?}"),
    }
}

fn where_the_policy_has_no_value_it_says_why() {
    let (open, driver) = fail_fast::<&str>().open();
    let mut driver = by_hand(driver);
    let mut guest = by_hand(open.enter(pending::<Result<(), _>>()));
    assert!(guest.poll().is_pending());
    open.cancel();
    assert!(driver.poll_until_idle().is_ready());
    assert_eq!(guest.finish(), Err(CancelReason::Requested(None)));
}

fn one_that_holds_is_polled_on_by_what_awaits_it() {
    let (log, gate) = (Log::new(), Gate::new());
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let (noted, held) = (log.clone(), gate.wait());
    let mut guest = by_hand(open.enter(log.traced("guest", async move {
        shield(held).await;
        noted.note("cleaned up");
        Ok(7)
    })));
    assert!(guest.poll().is_pending());
    open.cancel();
    assert!(driver.poll_until_idle().is_pending());
    gate.open();
    assert!(driver.poll_until_idle().is_pending(), "it is not the driver's to poll");
    assert!(guest.poll().is_pending());
    assert!(driver.finish().is_ok());
    assert!(matches!(guest.finish(), Ok(Ok(7))));
    assert_eq!(
        log.entries(),
        ["guest polled", "guest polled", "cleaned up", "guest dropped"]
    );
}

/// A guest begins without the driver, which finds it holding when it comes up in the queue.
fn one_that_holds_before_the_driver_has_seen_it_is_waited_for() {
    let gate = Gate::new();
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let held = gate.wait();
    let mut guest = by_hand(open.enter(shield(async move {
        held.await;
        Ok(7)
    })));
    assert!(guest.poll().is_pending());
    open.cancel();
    assert!(driver.poll_until_idle().is_pending());
    gate.open();
    assert!(guest.poll().is_pending());
    assert!(driver.finish().is_ok());
    assert!(matches!(guest.finish(), Ok(Ok(7))));
}

/// Its waker is that of its last poll: it hears where it is polled now.
fn one_that_was_moved_is_told_where_it_is() {
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let guest = Box::pin(open.enter(async { Ok(cancelled().await) }));
    let mut first = by_hand(guest);
    assert!(first.poll().is_pending());
    let (there, wakes) = (by_hand(pending::<()>()), first.wakes());
    let elsewhere = futures::task::waker(std::sync::Arc::new(Elsewhere));
    assert!(first.poll_with(&elsewhere).is_pending());
    open.cancel();
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!((first.wakes(), there.wakes()), (wakes, 0));
    assert!(first.poll().is_pending());
    assert!(driver.finish().is_ok());
    assert!(matches!(first.finish(), Ok(Ok(CancelReason::Requested(None)))));
}

#[derive(Default)]
struct Elsewhere;

impl futures::task::ArcWake for Elsewhere {
    fn wake_by_ref(_: &std::sync::Arc<Self>) {}
}

/// A guest whose poll says that it has begun, and goes on when it is told to.
#[test]
fn a_poll_that_is_under_way_elsewhere_is_waited_for() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let ((says, entered), (answer, hears)) = (mpsc::channel(), mpsc::channel::<()>());
    let noted = log.clone();
    let poll = poll_fn(move |_| {
        says.send(()).unwrap();
        hears.recv().unwrap();
        noted.note("poll ends");
        Poll::<Result<(), &str>>::Pending
    });
    let guest = open.enter(log.traced("guest", poll));
    let thread = thread::spawn(move || {
        let mut guest = by_hand(guest);
        assert!(guest.poll().is_pending());
        guest
    });
    entered.recv().unwrap();
    open.cancel();
    assert!(driver.poll_until_idle().is_pending(), "another thread is in it");
    answer.send(()).unwrap();
    let mut guest = thread.join().unwrap();
    assert_eq!(log.entries(), ["guest polled", "poll ends", "guest dropped"]);
    assert!(driver.finish().is_ok());
    assert!(matches!(guest.finish(), Ok(Err(TaskError::Cancelled(_)))));
}

#[test]
fn a_driver_dropped_during_a_poll_leaves_nothing() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let ((says, entered), (answer, hears)) = (mpsc::channel(), mpsc::channel::<()>());
    let poll = poll_fn(move |_| {
        says.send(()).unwrap();
        hears.recv().unwrap();
        Poll::<Result<(), &str>>::Pending
    });
    let guest = open.enter(log.traced("guest", poll));
    assert!(driver.poll_until_idle().is_pending());
    let thread = thread::spawn(move || by_hand(guest).finish());
    entered.recv().unwrap();
    drop(driver);
    answer.send(()).unwrap();
    assert!(matches!(thread.join().unwrap(), Ok(Err(TaskError::Cancelled(_)))));
    assert_eq!(log.entries(), ["guest polled", "guest dropped"]);
}

fn a_driver_dropped_while_it_is_idle_destroys_it() {
    let log = Log::new();
    let (open, driver) = fail_fast::<&str>().open();
    let mut guest = by_hand(open.enter(shield(log.traced("guest", pending::<Result<(), _>>()))));
    assert!(guest.poll().is_pending());
    drop(driver);
    assert_eq!(log.entries(), ["guest polled", "guest dropped"]);
    assert!(matches!(guest.finish(), Err(CancelReason::Requested(Some(_)))));
}

polled_on_every_runtime!(
    one_that_is_idle_is_destroyed_by_the_driver,
    where_the_policy_has_no_value_it_says_why,
    one_that_holds_is_polled_on_by_what_awaits_it,
    one_that_holds_before_the_driver_has_seen_it_is_waited_for,
    one_that_was_moved_is_told_where_it_is,
    a_driver_dropped_while_it_is_idle_destroys_it,
);
