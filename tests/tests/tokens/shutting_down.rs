//! `shutdown` stops intake, gives the children a grace, and says which finished and which were cut.

use std::{future::pending, time::Duration};

use purview::{Report, TaskInfo, fail_fast, settled, shield};
use purview_tests::{Gate, Log, TestClock, by_hand, polled_on_every_runtime};

const SECOND: Duration = Duration::from_secs(1);

/// The names of the children that finished, and of those that were cut.
fn names(report: &Report) -> (Vec<&str>, Vec<&str>) {
    (
        report.finished.iter().map(TaskInfo::name).collect(),
        report.cut.iter().map(TaskInfo::name).collect(),
    )
}

fn it_reports_which_finished_within_the_grace_and_which_were_cut() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let (service, driver) = settled::<&str>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    let wait = gate.wait();
    drop(service.task().name("polite").spawn(async move {
        shield(wait).await;
        Ok(())
    }));
    drop(
        service
            .task()
            .name("stubborn")
            .spawn(log.traced("stubborn", shield(pending::<Result<(), _>>()))),
    );
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(async { service.shutdown(5 * SECOND).await });
    assert!(shutdown.poll_until_idle().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(service.try_spawn(async { Ok(()) }).is_err(), "intake has stopped");
    gate.open();
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(5 * SECOND);
    assert!(driver.finish().is_ok());
    let report = shutdown.finish();
    assert_eq!(names(&report), (vec!["polite"], vec!["stubborn"]));
    assert!(log.has("stubborn dropped"));
}

fn it_ends_as_soon_as_the_children_have() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let (service, driver) = fail_fast::<&str>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    let wait = gate.wait();
    drop(service.task().name("polite").spawn(async move {
        shield(wait).await;
        Ok(())
    }));
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(async { service.shutdown(5 * SECOND).await });
    assert!(shutdown.poll_until_idle().is_pending());
    gate.open();
    assert!(driver.poll_until_idle().is_ready());
    let report = shutdown.finish();
    assert_eq!(names(&report), (vec!["polite"], vec![]));
    assert_eq!(clock.timers_alive(), 0);
}

fn a_second_one_with_less_time_overrides_the_first() {
    let (clock, log) = (TestClock::new(), Log::new());
    let (service, driver) = settled::<&str>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    drop(service.spawn(log.traced("stubborn", shield(pending::<Result<(), _>>()))));
    assert!(driver.poll_until_idle().is_pending());
    let mut first = by_hand(async { service.shutdown(60 * SECOND).await });
    assert!(first.poll_until_idle().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    let mut second = by_hand(async { service.shutdown(Duration::ZERO).await });
    assert!(second.poll_until_idle().is_pending());
    assert!(driver.poll_until_idle().is_ready());
    assert!(first.poll_until_idle().is_ready() && second.poll_until_idle().is_ready());
    assert!(log.has("stubborn dropped"));
}

fn dropping_the_driver_ends_waits_for_the_shutdown() {
    let log = Log::new();
    let (service, driver) = settled::<&str>().open();
    let mut driver = by_hand(driver);
    drop(service.spawn(log.traced("stubborn", shield(pending::<Result<(), _>>()))));
    assert!(driver.poll_until_idle().is_pending());
    let mut waiters: Vec<_> = (0..3)
        .map(|_| by_hand(async { service.shutdown(60 * SECOND).await }))
        .collect();
    for waiter in &mut waiters {
        assert!(waiter.poll_until_idle().is_pending());
    }
    drop(driver);
    assert!(log.has("stubborn dropped"));
    for waiter in &mut waiters {
        assert!(waiter.poll_until_idle().is_ready());
    }
}

fn on_a_scope_that_has_ended_it_is_over_at_once() {
    let (service, driver) = fail_fast::<()>().open();
    service.close();
    assert!(by_hand(driver).finish().is_ok());
    let report = by_hand(async { service.shutdown(60 * SECOND).await }).finish();
    assert_eq!(names(&report), (vec![], vec![]));
}

polled_on_every_runtime!(
    it_reports_which_finished_within_the_grace_and_which_were_cut,
    it_ends_as_soon_as_the_children_have,
    a_second_one_with_less_time_overrides_the_first,
    dropping_the_driver_ends_waits_for_the_shutdown,
    on_a_scope_that_has_ended_it_is_over_at_once,
);
