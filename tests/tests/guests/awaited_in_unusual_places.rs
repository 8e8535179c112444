//! Polled after its end, never polled, moved between executors, awaited inside the scope it entered; and drivers that are
//! polled where they cannot be.

use std::{
    sync::{Arc, Mutex},
    thread,
};

use purview::{Entered, TaskError, fail_fast, settled};
use purview_tests::{Log, by_hand, caught, polled_on_every_runtime, yields};

fn polled_after_its_end_it_panics() {
    let (open, driver) = settled::<&str>().open();
    let mut guest = by_hand(open.enter(async { Ok(()) }));
    assert!(guest.poll().is_pending());
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    assert!(matches!(guest.finish(), Ok(Ok(()))));
    let again = by_hand(caught(async move { guest.poll() })).finish();
    assert_eq!(again.unwrap_err(), "a guest must not be polled after it has resolved");
}

fn one_that_was_refused_panics_too_when_it_is_polled_again() {
    let (open, _driver) = settled::<&str>().open();
    open.close();
    let mut guest = by_hand(open.enter(async { Ok(()) }));
    assert!(guest.poll().is_ready());
    let again = by_hand(caught(async move { guest.poll() })).finish();
    assert_eq!(again.unwrap_err(), "a guest must not be polled after it has resolved");
}

fn forgotten_it_stays_a_member_until_it_is_destroyed() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    std::mem::forget(open.enter(log.traced("guest", async { Ok(()) })));
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(open.len(), 1);
    open.cancel();
    assert!(driver.finish().is_ok());
    assert_eq!(log.entries(), ["guest dropped"]);
}

fn it_may_be_polled_by_one_executor_after_another() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let mut guest = by_hand(open.enter(log.traced("guest", async {
        yields(2).await;
        Ok(7)
    })));
    assert!(guest.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    let mut guest = thread::spawn(move || {
        assert!(guest.poll().is_pending());
        guest
    })
    .join()
    .unwrap();
    assert!(guest.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(matches!(guest.finish(), Ok(Ok(7))));
    assert_eq!(log.entries().len(), 4);
}

fn it_may_be_awaited_inside_the_scope_that_it_entered() {
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let handle = open.clone();
    let child = open.spawn(async move {
        let guest = handle.enter(async {
            yields(2).await;
            Ok(1)
        });
        Ok(guest.await.unwrap().unwrap() + 1)
    });
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(by_hand(child).finish().unwrap(), 2);
    assert!(open.is_empty());
}

fn one_awaited_inside_the_scope_that_it_entered_is_cut_with_it() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let (handle, traced) = (open.clone(), log.clone());
    let child = open.spawn(async move {
        let guest = handle.enter(traced.traced("guest", std::future::pending::<Result<(), _>>()));
        drop(guest.await);
        Ok(())
    });
    assert!(driver.poll_until_idle().is_pending());
    open.cancel();
    assert!(driver.finish().is_ok());
    assert_eq!(log.entries(), ["guest polled", "guest dropped"]);
    assert!(by_hand(child).finish().is_err());
}

fn a_driver_polled_inside_a_guest_of_its_scope_panics() {
    let (open, driver) = settled::<&str>().name("service").open();
    let guest = open.enter(async move {
        drop(driver.await);
        Ok(())
    });
    let said = by_hand(caught(guest)).finish().unwrap_err();
    assert!(said.contains("driver of `service` is polled inside"), "{said}");
}

fn a_driver_polled_inside_a_child_of_its_scope_panics() {
    let (open, driver) = settled::<&str>().open();
    let driver = Arc::new(Mutex::new(by_hand(driver)));
    let inner = driver.clone();
    // A scope in the guest: the driver is inside all the same.
    let mut guest = by_hand(open.enter(async move {
        let nested = fail_fast::<&str>().run(async |s| {
            drop(s.spawn(async {
                drop(inner.lock().unwrap().poll());
                Ok(())
            }));
            Ok(())
        });
        nested.await.map_err(|_| "failed")
    }));
    assert!(guest.poll_until_idle().is_pending());
    let mut driver = Arc::into_inner(driver)
        .expect("the guest has ended")
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    assert!(driver.poll_until_idle().is_pending(), "it is as it was");
    match guest.finish() {
        Ok(Err(TaskError::Panicked(panic))) => assert!(panic.message().unwrap().contains("without a name")),
        other => panic!("{other:?}"),
    }
}

fn its_debug_output_says_which_guest_it_is() {
    let (open, _driver) = settled::<&str>().open();
    let guest = open.task().name("GET /x").enter(async { Ok(()) });
    assert!(format!("{guest:?}").contains("GET /x"));
    open.close();
    assert!(format!("{:?}", open.enter(async { Ok(()) })).contains("Ended"));
}

fn is_send<T: Send + 'static>(_: &T) {}

#[test]
fn it_is_send_where_its_value_is() {
    let (open, _driver) = settled::<&str>().open();
    let guest: Entered<Result<u32, TaskError<&str>>> = open.enter(async { Ok(1) });
    is_send(&guest);
}

polled_on_every_runtime!(
    polled_after_its_end_it_panics,
    one_that_was_refused_panics_too_when_it_is_polled_again,
    forgotten_it_stays_a_member_until_it_is_destroyed,
    it_may_be_polled_by_one_executor_after_another,
    it_may_be_awaited_inside_the_scope_that_it_entered,
    one_awaited_inside_the_scope_that_it_entered_is_cut_with_it,
    a_driver_polled_inside_a_guest_of_its_scope_panics,
    a_driver_polled_inside_a_child_of_its_scope_panics,
    its_debug_output_says_which_guest_it_is,
);
