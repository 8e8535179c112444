//! A scope that is over, closed or cancelled does not take a guest: `Err` at once, the future dropped unpolled.

use purview::{CancelReason, RejectReason, fail_fast, settled};
use purview_tests::{Log, by_hand, polled_on_every_runtime};

fn a_scope_that_has_ended_says_so() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().open();
    open.close();
    assert!(by_hand(driver).finish().is_ok());
    let guest = open.enter(log.traced("guest", async { Ok(()) }));
    assert_eq!(log.entries(), ["guest dropped"]);
    assert!(matches!(by_hand(guest).finish(), Err(CancelReason::Ended)));
    let rejected = open.try_enter(log.traced("guest", async { Ok(()) })).unwrap_err();
    assert_eq!(*rejected.reason(), RejectReason::Ended);
    assert_eq!(log.entries().len(), 1, "the future comes back as it was");
}

fn a_scope_that_is_closed_says_so() {
    let log = Log::new();
    let (open, _driver) = fail_fast::<&str>().open();
    open.close();
    let guest = open.enter(log.traced("guest", async { Ok(()) }));
    assert_eq!(by_hand(guest).finish(), Err(CancelReason::Ended));
    assert_eq!(log.entries(), ["guest dropped"]);
    assert!(open.is_empty());
}

fn a_scope_that_is_cancelled_says_why() {
    let log = Log::new();
    let why = CancelReason::Requested(Some("enough".into()));
    let (open, _driver) = settled::<&str>().open();
    open.cancel_with("enough");
    let guest = open.enter(log.traced("guest", async { Ok(()) }));
    assert_eq!(by_hand(guest).finish().unwrap_err(), why);
    assert_eq!(log.entries(), ["guest dropped"]);
    let rejected = open.try_enter(async { Ok(()) }).unwrap_err();
    assert_eq!(*rejected.reason(), RejectReason::Cancelled(why));
}

fn a_scope_that_is_being_shut_down_takes_no_more() {
    let (open, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let mut guest = by_hand(open.enter(std::future::pending::<Result<(), _>>()));
    assert!(guest.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(std::time::Duration::from_secs(3_600)));
    assert!(shutdown.poll().is_pending());
    let late = open.enter(async { Ok(()) });
    assert_eq!(by_hand(late).finish().unwrap_err(), CancelReason::Ended);
}

/// It is in from the call on, but has not begun: no policy is asked what to say.
fn one_that_is_cancelled_before_its_first_poll_says_why_at_once() {
    let log = Log::new();
    let (open, _driver) = settled::<&str>().open();
    let guest = open.enter(log.traced("guest", async { Ok(()) }));
    assert_eq!(open.len(), 1);
    open.cancel_with("enough");
    let mut guest = by_hand(guest);
    assert_eq!(
        guest.finish().unwrap_err(),
        CancelReason::Requested(Some("enough".into()))
    );
    assert_eq!(log.entries(), ["guest dropped"]);
}

fn one_that_the_driver_destroys_before_its_first_poll_says_why() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().open();
    let guest = open.enter(log.traced("guest", async { Ok(()) }));
    open.cancel();
    assert!(by_hand(driver).finish().is_ok());
    assert_eq!(log.entries(), ["guest dropped"]);
    assert_eq!(by_hand(guest).finish().unwrap_err(), CancelReason::Requested(None));
}

fn one_whose_driver_is_dropped_before_its_first_poll_says_so() {
    let log = Log::new();
    let (open, driver) = settled::<&str>().open();
    let guest = open.enter(log.traced("guest", async { Ok(()) }));
    drop(driver);
    assert_eq!(log.entries(), ["guest dropped"]);
    assert!(matches!(by_hand(guest).finish(), Err(CancelReason::Requested(Some(_)))));
}

/// As children that are in the queue: closing stops intake, and touches nothing that is in.
fn one_that_entered_before_the_scope_was_closed_runs() {
    let (open, driver) = settled::<&str>().open();
    let guest = open.enter(async { Ok(7) });
    open.close();
    let mut guest = by_hand(guest);
    assert!(guest.poll().is_pending());
    assert!(by_hand(driver).finish().is_ok());
    assert!(matches!(guest.finish(), Ok(Ok(7))));
}

polled_on_every_runtime!(
    a_scope_that_has_ended_says_so,
    a_scope_that_is_closed_says_so,
    a_scope_that_is_cancelled_says_why,
    a_scope_that_is_being_shut_down_takes_no_more,
    one_that_is_cancelled_before_its_first_poll_says_why_at_once,
    one_that_the_driver_destroys_before_its_first_poll_says_why,
    one_whose_driver_is_dropped_before_its_first_poll_says_so,
    one_that_entered_before_the_scope_was_closed_runs,
);
