//! An open scope ends when there is no handle to spawn with any more, and all children have ended.

use purview::{CancelReason, RejectReason, fail_fast, settled};
use purview_tests::{Gate, Log, by_hand, on_every_runtime, polled_on_every_runtime, yields};

fn it_stays_open_without_children() {
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    for _ in 0..10 {
        assert!(driver.poll_until_idle().is_pending());
    }
    assert!(!open.is_cancelled());
    drop(open);
    assert!(driver.finish().is_ok());
}

fn closing_it_without_children_ends_it() {
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    let wakes = driver.wakes();
    open.close();
    assert_eq!(driver.wakes(), wakes + 1);
    assert!(driver.finish().is_ok());
    assert!(!open.is_cancelled(), "an end is no cancellation");
    assert_eq!(open.token().reason(), Some(CancelReason::Ended));
}

fn closed_before_its_first_poll_it_ends_in_it() {
    let (open, driver) = fail_fast::<()>().open();
    open.close();
    assert!(by_hand(driver).poll().is_ready());
}

fn dropped_handles_before_its_first_poll_end_it_too() {
    let (open, driver) = fail_fast::<()>().open();
    drop(open);
    assert!(by_hand(driver).poll().is_ready());
}

fn children_that_are_in_run_on() {
    let (gate, log) = (Gate::new(), Log::new());
    let (waits, noted) = (gate.wait(), log.clone());
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    drop(open.spawn(async move {
        waits.await;
        noted.note("ran on");
        Ok(())
    }));
    open.close();
    assert!(driver.poll_until_idle().is_pending());
    assert!(!open.token().is_cancelled());
    gate.open();
    assert!(driver.finish().is_ok());
    assert_eq!(log.entries(), ["ran on"]);
}

fn a_closed_scope_accepts_no_child() {
    let log = Log::new();
    let (waits, guard) = (Gate::new(), log.on_drop("future"));
    let (open, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    let wait = waits.wait();
    drop(open.spawn(async move {
        wait.await;
        Ok(())
    }));
    assert!(driver.poll_until_idle().is_pending());
    open.close();
    let rejected = open.try_spawn(async { Ok(()) }).expect_err("it is closed");
    assert_eq!(rejected.reason(), &RejectReason::Ended);
    let task = open.spawn(async move {
        let _guard = guard;
        Ok(())
    });
    assert_eq!(log.entries(), ["future dropped"], "before `spawn` returns");
    let outcome = by_hand(task).finish();
    assert!(
        matches!(outcome, Err(purview::TaskError::Cancelled(CancelReason::Ended))),
        "{outcome:?}"
    );
    assert!(by_hand(open.spawn_parallel(async { Ok(()) })).finish().is_err());
    assert!(by_hand(open.spawn_blocking(|_| Ok(()))).finish().is_err());
    waits.open();
    assert!(driver.finish().is_ok());
}

fn the_last_handle_ends_it_and_no_other() {
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    let clones: Vec<_> = (0..10).map(|_| open.clone()).collect();
    drop(open);
    for handle in clones {
        assert!(driver.poll_until_idle().is_pending());
        drop(handle);
    }
    assert!(driver.finish().is_ok());
}

fn the_last_handle_may_be_dropped_on_another_thread() {
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    let wakes = driver.wakes();
    std::thread::spawn(move || drop(open)).join().unwrap();
    assert_eq!(driver.wakes(), wakes + 1);
    assert!(driver.finish().is_ok());
}

fn a_child_that_has_a_handle_keeps_it_open() {
    let (gate, log) = (Gate::new(), Log::new());
    let (waits, noted) = (gate.wait(), log.clone());
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    let handle = open.clone();
    drop(open.spawn(async move {
        waits.await;
        drop(handle.spawn(async move {
            noted.note("grandchild ran");
            Ok(())
        }));
        Ok(())
    }));
    drop(open);
    assert!(driver.poll_until_idle().is_pending());
    gate.open();
    assert!(driver.finish().is_ok());
    assert_eq!(log.entries(), ["grandchild ran"]);
}

fn its_daemons_end_with_it() {
    let log = Log::new();
    let guard = log.on_drop("daemon");
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    drop(open.task().daemon().spawn(async move {
        let _guard = guard;
        std::future::pending::<Result<(), _>>().await
    }));
    assert!(driver.poll_until_idle().is_pending());
    assert!(
        log.entries().is_empty(),
        "as long as there is a handle to spawn with, it is needed"
    );
    drop(open);
    assert!(driver.finish().is_ok());
    assert_eq!(log.entries(), ["daemon dropped"]);
}

fn its_finalizers_run_last() {
    let log = Log::new();
    let (first, second, child) = (log.clone(), log.clone(), log.on_drop("child"));
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    open.defer(async move { first.note("first deferred") });
    open.defer(async move { second.note("second deferred") });
    drop(open.spawn(async move {
        let _child = child;
        yields(2).await;
        Ok(())
    }));
    assert!(driver.poll_until_idle().is_pending());
    drop(open);
    assert!(driver.finish().is_ok());
    assert_eq!(log.entries(), ["child dropped", "second deferred", "first deferred"]);
}

async fn a_handle_is_good_until_the_end_and_says_so_after() {
    let (open, driver) = settled::<()>().open();
    let kept = open.clone();
    let task = open.spawn(async { Ok(7) });
    open.close();
    assert!(driver.await.is_ok());
    assert_eq!(task.await.unwrap(), 7);
    assert!(kept.spawn(async { Ok(8) }).await.is_err());
    assert_eq!((kept.len(), kept.is_empty(), kept.is_cancelled()), (0, true, false));
    kept.cancel();
    kept.close();
    assert!(!kept.is_cancelled());
}

polled_on_every_runtime!(
    it_stays_open_without_children,
    closing_it_without_children_ends_it,
    closed_before_its_first_poll_it_ends_in_it,
    dropped_handles_before_its_first_poll_end_it_too,
    children_that_are_in_run_on,
    a_closed_scope_accepts_no_child,
    the_last_handle_ends_it_and_no_other,
    the_last_handle_may_be_dropped_on_another_thread,
    a_child_that_has_a_handle_keeps_it_open,
    its_daemons_end_with_it,
    its_finalizers_run_last,
);
on_every_runtime!(a_handle_is_good_until_the_end_and_says_so_after);
