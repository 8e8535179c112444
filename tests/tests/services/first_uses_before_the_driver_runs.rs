//! Handles work before the driver is polled.

use std::{future::pending, time::Duration};

use purview::{CancelReason, TaskError, fail_fast, settled};
use purview_tests::{Log, TestClock, by_hand};

#[test]
fn children_wait_in_the_queue() {
    let log = Log::new();
    let (open, driver) = settled::<()>().open();
    let tasks: Vec<_> = (0..3)
        .map(|i| {
            let log = log.clone();
            open.spawn(async move {
                log.note(format!("{i}"));
                Ok(i)
            })
        })
        .collect();
    assert_eq!((open.len(), log.entries().len()), (3, 0));
    drop(open);
    assert!(by_hand(driver).finish().is_ok());
    assert_eq!(log.entries(), ["0", "1", "2"]);
    for (i, task) in tasks.into_iter().enumerate() {
        assert_eq!(by_hand(task).finish().unwrap(), i);
    }
}

#[test]
fn cancelling_has_them_dropped_unpolled() {
    let (open, driver) = settled::<()>().open();
    let polls = purview_tests::PollCount::new();
    let task = open.spawn(polls.of(pending::<Result<(), ()>>()));
    open.cancel();
    assert!(by_hand(driver).finish().is_ok());
    assert!(matches!(
        by_hand(task).finish(),
        Err(TaskError::Cancelled(CancelReason::Requested(None)))
    ));
    assert_eq!(polls.get(), 0);
}

#[test]
fn a_shutdown_without_grace_has_them_dropped_unpolled() {
    let (open, driver) = settled::<()>().runtime(TestClock::new()).open();
    let polls = purview_tests::PollCount::new();
    let task = open.spawn(polls.of(pending::<Result<(), ()>>()));
    let mut shutdown = by_hand(open.shutdown(Duration::ZERO));
    assert!(shutdown.poll().is_pending());
    assert!(by_hand(driver).finish().is_ok());
    assert!(by_hand(task).finish().is_err());
    assert_eq!((polls.get(), shutdown.finish().cut.len()), (0, 1));
}

#[test]
fn a_shutdown_with_grace_has_them_run() {
    let (open, driver) = settled::<()>().runtime(TestClock::new()).open();
    let task = open.spawn(async { Ok(7) });
    let mut shutdown = by_hand(open.shutdown(Duration::from_secs(1)));
    assert!(shutdown.poll().is_pending());
    assert!(by_hand(driver).finish().is_ok());
    assert_eq!(by_hand(task).finish().unwrap(), 7);
    assert_eq!(shutdown.finish().finished.len(), 1);
}

#[test]
fn a_deadline_counts_from_the_first_poll_of_the_driver() {
    let clock = TestClock::new();
    let (open, driver) = fail_fast::<()>()
        .runtime(clock.clone())
        .timeout(Duration::from_secs(1))
        .open();
    let mut driver = by_hand(driver);
    drop(open.spawn(pending::<Result<(), _>>()));
    clock.advance(Duration::from_secs(5));
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(Duration::from_secs(1));
    assert!(driver.finish().expect_err("its time was up").is_deadline_exceeded());
}
