//! A guest between what awaits it, which polls it, and its scope, which destroys it.

use std::{future::poll_fn, task::Poll};

use loom::{future::block_on, thread};

use super::{explore::explore, fate::Fate, on_threads::OnThreads};
use crate::{CancelReason, TaskError, settled};

#[test]
fn its_end_wakes_the_scope_and_what_awaits_it() {
    explore("a guest and its scope", 3, || {
        let fate = Fate::default();
        let (open, driver) = OnThreads::default().open();
        let guest = open.enter(fate.turns(1));
        drop(open);
        let awaits = thread::spawn(move || block_on(guest));
        assert!(block_on(driver).is_ok());
        assert_eq!((fate.polls(), fate.drops()), (2, 1), "the scope's end means dropped");
        assert!(matches!(awaits.join().unwrap(), Ok(Ok(7))));
    });
}

#[test]
fn one_whose_turn_comes_as_it_is_polled_begins() {
    explore("a guest that waits for its turn", 2, || {
        let fate = Fate::default();
        let (open, driver) = settled::<()>().limit(1).runtime(OnThreads::default()).open();
        drop(open.spawn(async { Ok(()) }));
        let guest = open.enter(fate.turns(0));
        drop(open);
        let awaits = thread::spawn(move || block_on(guest));
        assert!(block_on(driver).is_ok());
        assert!(matches!(awaits.join().unwrap(), Ok(Ok(7))));
        assert_eq!((fate.polls(), fate.drops()), (1, 1));
    });
}

#[test]
fn one_that_never_ends_is_not_missed_by_a_cancelled_scope() {
    explore("a guest and the cancellation of its scope", 2, || {
        let fate = Fate::default();
        let (open, driver) = OnThreads::default().open();
        let guest = open.enter(fate.for_ever());
        let awaits = thread::spawn(move || block_on(guest));
        open.cancel();
        let _ = block_on(driver);
        assert_eq!(fate.drops(), 1, "the scope's end means dropped");
        match awaits.join().unwrap() {
            Ok(Err(TaskError::Cancelled(CancelReason::Requested(None)))) => {}
            Err(CancelReason::Requested(None)) => assert_eq!(fate.polls(), 0, "it has not begun"),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn one_that_is_dropped_where_it_was_awaited_is_not_waited_for() {
    explore("a guest that is dropped by what awaits it", 2, || {
        let fate = Fate::default();
        let (open, driver) = OnThreads::default().open();
        let mut guest = Box::pin(open.enter(fate.for_ever()));
        drop(open);
        let awaits = thread::spawn(move || {
            block_on(poll_fn(|cx| {
                assert!(guest.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            }));
            drop(guest);
        });
        assert!(block_on(driver).is_ok());
        assert_eq!((fate.polls(), fate.drops()), (1, 1), "the scope's end means dropped");
        awaits.join().unwrap();
    });
}

#[test]
fn a_driver_dropped_while_it_is_polled_leaves_nothing() {
    explore("a guest and the drop of its driver", 3, || {
        let fate = Fate::default();
        let (open, driver) = OnThreads::default().open();
        let guest = open.enter(fate.for_ever());
        let awaits = thread::spawn(move || block_on(guest));
        drop(driver);
        assert!(!matches!(awaits.join().unwrap(), Ok(Ok(_))));
        assert_eq!(fate.drops(), 1);
        drop(open);
    });
}
