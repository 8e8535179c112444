//! A driver that is dropped drops all children at once, and waits for them end.

use std::{future::pending, time::Duration};

use purview::{CancelReason, TaskError, fail_fast, settled};
use purview_tests::{Log, by_hand, caught, polled_on_every_runtime};

fn its_children_are_dropped_newest_first() {
    let log = Log::new();
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    for i in 0..5 {
        let guard = log.on_drop(format!("{i}"));
        drop(open.spawn(async move {
            let _guard = guard;
            pending::<Result<(), _>>().await
        }));
    }
    assert!(driver.poll_until_idle().is_pending());
    drop(driver);
    assert_eq!(
        log.entries(),
        ["4 dropped", "3 dropped", "2 dropped", "1 dropped", "0 dropped"]
    );
    assert!(open.is_cancelled() && open.is_empty());
}

fn the_reason_names_the_driver() {
    let (open, driver) = settled::<()>().open();
    drop(driver);
    let reason = CancelReason::Requested(Some("the scope's driver was dropped".into()));
    assert_eq!(open.token().reason().as_ref(), Some(&reason));
    let task = by_hand(open.spawn(async { Ok(()) })).finish();
    assert!(matches!(task, Err(TaskError::Cancelled(why)) if why == reason));
    let guest = by_hand(open.enter(async { Ok(()) })).finish();
    assert_eq!(guest.unwrap_err(), reason);
}

fn children_that_it_has_not_taken_in_are_dropped_too() {
    let log = Log::new();
    let (open, driver) = fail_fast::<()>().open();
    let guards = ["plain", "parallel", "blocking", "finalizer"].map(|name| log.on_drop(name));
    let [plain, parallel, blocking, finalizer] = guards;
    drop(open.spawn(async move {
        let _plain = plain;
        pending::<Result<(), _>>().await
    }));
    drop(open.spawn_parallel(async move {
        let _parallel = parallel;
        pending::<Result<(), _>>().await
    }));
    drop(open.spawn_blocking(move |_| {
        let _blocking = blocking;
        Ok(())
    }));
    open.defer(async move {
        let _finalizer = finalizer;
    });
    drop(driver);
    let mut entries = log.entries();
    entries.sort();
    assert_eq!(
        entries,
        [
            "blocking dropped",
            "finalizer dropped",
            "parallel dropped",
            "plain dropped"
        ]
    );
}

fn its_tasks_say_so() {
    let (open, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    let mut task = by_hand(open.spawn(pending::<Result<(), ()>>()));
    assert!(driver.poll_until_idle().is_pending());
    assert!(task.poll().is_pending());
    drop(driver);
    assert_eq!(task.wakes(), 1);
    match task.finish() {
        Err(TaskError::Cancelled(CancelReason::Requested(Some(why)))) => assert!(why.contains("dropped"), "{why}"),
        other => panic!("{other:?}"),
    }
}

fn in_fail_fast_they_panic_and_do_not_hang() {
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    let mut task = by_hand(caught(open.spawn(pending::<Result<(), ()>>())));
    assert!(driver.poll_until_idle().is_pending());
    assert!(task.poll().is_pending());
    drop(driver);
    assert_eq!(task.wakes(), 1);
    let message = task.finish().unwrap_err();
    assert!(message.contains("its scope has ended"), "{message}");
}

fn the_token_has_fired() {
    let (open, driver) = fail_fast::<()>().open();
    let mut cancelled = by_hand(open.token().cancelled());
    assert!(cancelled.poll().is_pending());
    drop(driver);
    assert_eq!(cancelled.wakes(), 1);
    assert!(matches!(cancelled.finish(), CancelReason::Requested(Some(_))));
}

fn a_shutdown_that_waits_for_it_resolves() {
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    drop(open.spawn(pending::<Result<(), _>>()));
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(Duration::MAX));
    assert!(shutdown.poll().is_pending());
    drop(driver);
    assert_eq!(shutdown.wakes(), 1);
    let report = shutdown.finish();
    assert_eq!((report.finished.len(), report.cut.len()), (0, 1));
}

fn after_it_no_child_is_accepted() {
    let (open, driver) = settled::<()>().open();
    drop(driver);
    let log = Log::new();
    let guard = log.on_drop("future");
    let task = open.spawn(async move {
        let _guard = guard;
        Ok(())
    });
    assert_eq!(log.entries(), ["future dropped"]);
    assert!(matches!(by_hand(task).finish(), Err(TaskError::Cancelled(_))));
    assert!(open.try_spawn(async { Ok(()) }).is_err());
    by_hand(open.shutdown(Duration::MAX)).finish();
}

fn a_child_may_drop_the_last_handle_as_it_is_dropped() {
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    let handle = open.clone();
    drop(open.spawn(async move {
        let _handle = handle;
        pending::<Result<(), _>>().await
    }));
    assert!(driver.poll_until_idle().is_pending());
    drop(open);
    assert!(driver.poll_until_idle().is_pending());
    drop(driver);
}

polled_on_every_runtime!(
    its_children_are_dropped_newest_first,
    the_reason_names_the_driver,
    children_that_it_has_not_taken_in_are_dropped_too,
    its_tasks_say_so,
    in_fail_fast_they_panic_and_do_not_hang,
    the_token_has_fired,
    a_shutdown_that_waits_for_it_resolves,
    after_it_no_child_is_accepted,
    a_child_may_drop_the_last_handle_as_it_is_dropped,
);
