//! Deadline, limit, permits, names and tokens of an open scope are those of any other.

use std::{future::pending, time::Duration};

use purview::{CancelReason, CancelToken, fail_fast};
use purview_tests::{Gate, TestClock, by_hand};

#[test]
fn a_deadline_cuts_it() {
    let clock = TestClock::new();
    let (open, driver) = fail_fast::<()>()
        .runtime(clock.clone())
        .timeout(Duration::from_secs(1))
        .open();
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(Duration::from_secs(1));
    assert!(
        driver.finish().expect_err("its time was up").is_deadline_exceeded(),
        "without any child, too"
    );
    assert!(open.is_cancelled());
}

#[test]
fn a_deadline_can_be_moved_from_another_thread() {
    let clock = TestClock::new();
    let (open, driver) = fail_fast::<()>()
        .runtime(clock.clone())
        .timeout(Duration::from_secs(1))
        .open();
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    let wakes = driver.wakes();
    let handle = open.clone();
    std::thread::spawn(move || handle.set_deadline(None).unwrap())
        .join()
        .unwrap();
    assert_eq!(driver.wakes(), wakes + 1);
    clock.advance(Duration::from_secs(1));
    assert!(driver.poll_until_idle().is_pending());
}

#[test]
fn a_limit_holds_and_permits_are_given() {
    let gate = Gate::new();
    let (open, driver) = fail_fast::<()>().limit(1).open();
    let mut driver = by_hand(driver);
    let wait = gate.wait();
    drop(open.spawn(async move {
        wait.await;
        Ok(())
    }));
    assert!(driver.poll_until_idle().is_pending());
    let mut permit = by_hand(open.permit());
    assert!(permit.poll().is_pending());
    gate.open();
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(permit.wakes(), 1);
    let task = permit.finish().spawn(async { Ok(7) });
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(by_hand(task).finish(), 7);
}

#[test]
fn a_permit_that_waits_is_released_when_the_driver_is_dropped() {
    let (open, driver) = fail_fast::<()>().limit(1).open();
    let mut driver = by_hand(driver);
    drop(open.spawn(pending::<Result<(), _>>()));
    assert!(driver.poll_until_idle().is_pending());
    let mut permit = by_hand(open.permit());
    assert!(permit.poll().is_pending());
    drop(driver);
    assert!(permit.wakes() > 0);
    drop(permit.finish());
}

#[test]
fn it_has_a_name() {
    let (open, driver) = fail_fast::<()>().name("service").open();
    assert_eq!(open.spawn(async { Ok(()) }).name(), "service/1");
    assert!(format!("{driver:?} {open:?}").contains("service"));
}

#[test]
fn a_token_cancels_it_and_its_reason_is_passed_on() {
    let token = CancelToken::new();
    let (open, driver) = fail_fast::<()>().cancel_on(&token).open();
    let mut driver = by_hand(driver);
    drop(open.spawn(pending::<Result<(), _>>()));
    assert!(driver.poll_until_idle().is_pending());
    token.cancel_with("maintenance");
    // It has stopped a child, which `Ok` would hide.
    assert!(driver.finish().is_err_and(|error| error.is_cancelled()));
    assert_eq!(
        open.token().reason(),
        Some(CancelReason::Requested(Some("maintenance".into())))
    );
}
