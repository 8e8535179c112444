//! A scope's limit counts guests with the children, first come first served.

use std::{future::pending, time::Duration};

use purview::{CancelReason, RejectReason, settled};
use purview_tests::{Gate, PollCount, TestClock, by_hand, polled_on_every_runtime};

fn one_without_a_place_waits_for_it() {
    let (gate, polls) = (Gate::new(), PollCount::new());
    let (open, driver) = settled::<&str>().limit(1).open();
    let mut driver = by_hand(driver);
    let held = gate.wait();
    let mut first = by_hand(open.enter(async move {
        held.await;
        Ok(1)
    }));
    let mut second = by_hand(open.enter(polls.of(async { Ok(2) })));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(second.poll().is_pending());
    assert_eq!((open.len(), polls.get()), (2, 0));
    gate.open();
    assert!(first.poll_until_idle().is_pending());
    let wakes = second.wakes();
    assert!(driver.poll_until_idle().is_pending());
    assert!(matches!(first.finish(), Ok(Ok(1))));
    assert!(second.wakes() > wakes, "it is woken when its turn has come");
    assert!(second.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(matches!(second.finish(), Ok(Ok(2))));
    assert_eq!((open.len(), polls.get()), (0, 1));
}

fn a_child_waits_for_a_guest() {
    let (open, driver) = settled::<&str>().limit(1).open();
    let mut driver = by_hand(driver);
    let guest = open.enter(pending::<Result<(), _>>());
    let child = open.spawn(async { Ok(2) });
    assert!(driver.poll_until_idle().is_pending());
    assert!(!child.is_finished(), "the guest has the place, polled or not");
    drop(guest);
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(by_hand(child).finish().unwrap(), 2);
}

fn one_dropped_in_the_queue_gives_its_turn_to_the_next() {
    let polls = PollCount::new();
    let (open, driver) = settled::<&str>().limit(1).open();
    let mut driver = by_hand(driver);
    let first = open.enter(pending::<Result<(), _>>());
    let mut second = by_hand(open.enter(polls.of(async { Ok(2) })));
    let mut third = by_hand(open.enter(async { Ok(3) }));
    assert!(second.poll().is_pending() && third.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    drop(second);
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(open.len(), 2);
    drop(first);
    assert!(driver.poll_until_idle().is_pending());
    assert!(third.poll_until_idle().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(matches!(third.finish(), Ok(Ok(3))));
    assert_eq!((open.len(), polls.get()), (0, 0));
    assert!(open.try_enter(async { Ok(()) }).is_ok(), "no place was lost");
}

fn one_dropped_before_the_driver_has_seen_it_leaves_nothing() {
    let (open, driver) = settled::<&str>().limit(1).open();
    let mut driver = by_hand(driver);
    drop(open.enter(async { Ok(1) }));
    drop(open.enter(async { Ok(2) }));
    assert!(driver.poll_until_idle().is_pending());
    assert!(open.is_empty());
    assert!(open.try_enter(async { Ok(()) }).is_ok(), "no place was lost");
}

fn one_that_waits_is_told_of_the_cancellation() {
    let (open, driver) = settled::<&str>().limit(1).open();
    let mut driver = by_hand(driver);
    let mut first = by_hand(open.enter(pending::<Result<(), _>>()));
    let mut second = by_hand(open.enter(async { Ok(2) }));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    let wakes = second.wakes();
    open.cancel();
    assert!(driver.finish().is_ok());
    assert!(second.wakes() > wakes);
    assert_eq!(second.finish().unwrap_err(), CancelReason::Requested(None));
    assert!(matches!(first.finish(), Ok(Err(_))), "that one had begun");
}

fn trying_does_not_queue() {
    let (open, driver) = settled::<&str>().limit(1).open();
    let mut driver = by_hand(driver);
    let mut first = by_hand(open.try_enter(async { Ok(1) }).unwrap());
    let polls = PollCount::new();
    let rejected = open.try_enter(polls.of(async { Ok(2) })).unwrap_err();
    assert_eq!(*rejected.reason(), RejectReason::Full);
    assert!(first.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(matches!(first.finish(), Ok(Ok(1))));
    let mut second = by_hand(open.try_enter(rejected.into_inner()).unwrap());
    assert!(second.poll().is_pending());
    assert_eq!(polls.get(), 1);
}

fn two_nested_ones_take_two_places() {
    let (open, driver) = settled::<&str>().limit(2).open();
    let mut driver = by_hand(driver);
    let handle = open.clone();
    let mut outer = by_hand(open.enter(async move {
        let inner = handle.enter(async { Ok(1) });
        assert!(handle.try_enter(async { Ok(()) }).is_err());
        Ok(inner.await.unwrap().unwrap() + 1)
    }));
    assert!(outer.poll_until_idle().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(outer.poll_until_idle().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(matches!(outer.finish(), Ok(Ok(2))));
}

fn a_rate_makes_it_wait_for_its_start() {
    let (clock, polls) = (TestClock::new(), PollCount::new());
    let period = Duration::from_secs(1);
    let (open, driver) = settled::<&str>().rate(1, period).runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    let mut guests = [(); 2].map(|()| by_hand(open.enter(polls.of(async { Ok(()) }))));
    for guest in &mut guests {
        assert!(guest.poll().is_pending());
    }
    assert_eq!(polls.get(), 0, "the driver says when");
    assert!(driver.poll_until_idle().is_pending());
    for guest in &mut guests {
        assert!(guest.poll().is_pending());
    }
    assert_eq!(polls.get(), 1);
    clock.advance(period);
    assert!(driver.poll_until_idle().is_pending());
    assert!(guests[1].poll().is_pending());
    assert_eq!(polls.get(), 2);
}

polled_on_every_runtime!(
    one_without_a_place_waits_for_it,
    a_child_waits_for_a_guest,
    one_dropped_in_the_queue_gives_its_turn_to_the_next,
    one_dropped_before_the_driver_has_seen_it_leaves_nothing,
    one_that_waits_is_told_of_the_cancellation,
    trying_does_not_queue,
    two_nested_ones_take_two_places,
    a_rate_makes_it_wait_for_its_start,
);
