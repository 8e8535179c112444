//! An open scope has a handle to keep and a driver to run; the driver ends when there is no handle to spawn with any more and all
//! children have ended.

use std::{future::pending, thread};

use purview::{CancelReason, CancelToken, RejectReason, fail_fast, scope, settled};
use purview_tests::{Gate, Log, by_hand, caught, on_every_runtime, polled_on_every_runtime, yields};

fn its_driver_ends_at_once_when_it_is_closed_and_empty() {
    let (service, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending(), "there is a handle");
    service.close();
    assert!(driver.finish().is_ok());
    assert!(!service.is_cancelled());
}

fn its_driver_ends_at_once_when_its_last_handle_is_dropped() {
    let (service, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    let other = service.clone();
    assert!(driver.poll_until_idle().is_pending());
    drop(service);
    assert!(driver.poll_until_idle().is_pending());
    let wakes = driver.wakes();
    drop(other);
    assert!(
        driver.wakes() > wakes,
        "it need not be closed, nor polled for another reason"
    );
    assert!(driver.finish().is_ok());
}

fn its_driver_ends_after_the_last_child() {
    for by_close in [true, false] {
        let gate = Gate::new();
        let (service, driver) = fail_fast::<()>().open();
        let mut driver = by_hand(driver);
        let wait = gate.wait();
        drop(service.spawn(async move {
            wait.await;
            Ok(())
        }));
        if by_close {
            service.close();
        }
        drop(service);
        assert!(driver.poll_until_idle().is_pending());
        gate.open();
        assert!(driver.finish().is_ok());
    }
}

fn a_child_keeps_it_open_with_a_handle_and_may_close_it() {
    let gate = Gate::new();
    let (service, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    let (handle, wait) = (service.clone(), gate.wait());
    drop(service.spawn(async move {
        wait.await;
        handle.spawn(async { Ok(()) }).await;
        handle.close();
        Ok(())
    }));
    drop(service);
    assert!(driver.poll_until_idle().is_pending());
    gate.open();
    assert!(driver.finish().is_ok());
}

fn closed_it_accepts_no_child() {
    let (service, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    let wait = Gate::new();
    let gate = wait.wait();
    drop(service.spawn(async move {
        gate.await;
        Ok(())
    }));
    assert!(driver.poll_until_idle().is_pending());
    service.close();
    let rejected = service.try_spawn(async { Ok(7) }).expect_err("it is closed");
    assert!(
        matches!(rejected.reason(), RejectReason::Ended | RejectReason::Cancelled(_)),
        "{rejected:?}"
    );
    let task = service.spawn(async { Ok(8) });
    wait.open();
    assert!(driver.finish().is_ok());
    assert!(by_hand(task).finish().is_err(), "dropped unpolled, its task cancelled");
}

fn spawning_from_another_thread_wakes_the_driver() {
    let (service, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    let wakes = driver.wakes();
    let task = thread::spawn(move || service.spawn(async { Ok(7) }))
        .join()
        .expect("it spawns");
    assert!(driver.wakes() > wakes);
    assert!(driver.finish().is_ok(), "the handle went with the thread");
    assert_eq!(by_hand(task).finish(), 7);
}

fn failures_come_out_of_the_driver() {
    let log = Log::new();
    let (service, driver) = fail_fast::<&str>().name("service").open();
    let mut driver = by_hand(driver);
    drop(service.spawn(log.traced("sibling", pending::<Result<(), _>>())));
    drop(service.task().name("culprit").spawn(async { Err::<(), _>("no") }));
    let error = driver.finish().expect_err("a child failed");
    assert_eq!(error.failures()[0].task.name(), "culprit");
    assert_eq!(error.into_failure(), Some("no"));
    assert!(log.has("sibling dropped") && service.is_cancelled());
}

async fn panics_come_out_of_the_driver() {
    let (service, driver) = fail_fast::<()>().open();
    drop(service.spawn(async { if true { panic!("boom") } else { Ok(()) } }));
    assert_eq!(caught(driver).await.err(), Some("boom".into()));
}

fn a_driver_that_is_dropped_drops_all_children_newest_first() {
    let log = Log::new();
    let (service, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    for name in ["oldest", "newest"] {
        drop(service.spawn(log.traced(name, pending::<Result<(), ()>>())));
    }
    assert!(driver.poll_until_idle().is_pending());
    let guard = log.on_drop("unpolled");
    drop(service.spawn(async move {
        drop(guard);
        Ok(())
    }));
    log.clear();
    drop(driver);
    assert_eq!(log.entries(), ["unpolled dropped", "newest dropped", "oldest dropped"]);
    assert!(service.try_spawn(async { Ok(()) }).is_err());
}

fn a_driver_that_was_never_polled_drops_what_was_spawned() {
    let log = Log::new();
    let (service, driver) = fail_fast::<()>().open();
    let guard = log.on_drop("child");
    drop(service.spawn(async move {
        drop(guard);
        Ok(())
    }));
    drop(driver);
    assert_eq!(log.entries(), ["child dropped"]);
}

async fn a_subtree_stops_while_the_rest_lives_on() {
    let token = CancelToken::new();
    let log = Log::new();
    scope(async |s| {
        let (part, driver) = fail_fast::<&str>().name("part").cancel_on(&token).open();
        drop(part.spawn(log.traced("in the part", pending::<Result<(), _>>())));
        let outcome = s.spawn(driver);
        let rest = s.spawn(async {
            yields(10).await;
            log.note("the rest lives on");
        });
        yields(3).await;
        token.cancel_with("only this part");
        drop(outcome.await);
        assert_eq!(
            part.token().reason(),
            Some(CancelReason::Requested(Some("only this part".into())))
        );
        log.note("the part has stopped");
        rest.await;
        assert!(!s.is_cancelled());
    })
    .await;
    assert_eq!(
        log.entries(),
        [
            "in the part polled",
            "in the part dropped",
            "the part has stopped",
            "the rest lives on"
        ]
    );
}

async fn the_executor_may_run_the_driver_and_any_code_await_the_tasks() {
    let (service, driver) = settled::<&str>().open();
    let task = service.spawn(async {
        yields(3).await;
        Ok(7)
    });
    drop(service);
    let (outcome, value) = futures::future::join(driver, task).await;
    assert_eq!(value.ok(), Some(7));
    assert!(outcome.is_ok_and(|settlement| settlement.failures.is_empty()));
}

polled_on_every_runtime!(
    its_driver_ends_at_once_when_it_is_closed_and_empty,
    its_driver_ends_at_once_when_its_last_handle_is_dropped,
    its_driver_ends_after_the_last_child,
    a_child_keeps_it_open_with_a_handle_and_may_close_it,
    closed_it_accepts_no_child,
    spawning_from_another_thread_wakes_the_driver,
    failures_come_out_of_the_driver,
    a_driver_that_is_dropped_drops_all_children_newest_first,
    a_driver_that_was_never_polled_drops_what_was_spawned,
);
on_every_runtime!(
    panics_come_out_of_the_driver,
    a_subtree_stops_while_the_rest_lives_on,
    the_executor_may_run_the_driver_and_any_code_await_the_tasks,
);
