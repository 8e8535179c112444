//! The grace of a shutdown ends for the whole subtree: what is left in it is dropped, and its finalizers, innermost scopes
//! first, share one further grace. So a stubborn child does not cost the flush.

use std::{future::pending, time::Duration};

use purview::{Builder, Report, Scope, Settled, scope, settled, shield, sleep};
use purview_tests::{Log, TestClock, by_hand, polled_on_every_runtime_and_in_virtual_time};

const SECOND: Duration = Duration::from_secs(1);
const GRACE: Duration = Duration::from_secs(10);

/// A finalizer that takes a second and notes that it has run.
async fn flushes(log: Log, name: &'static str) {
    sleep(SECOND).await;
    log.note(name);
}

/// Shuts a service down and advances the clock second by second; gives the report, and how many seconds it took.
fn shut_down(
    clock: &TestClock,
    built: Builder<Settled<()>>,
    fill: impl FnOnce(&Scope<'static, Settled<()>>),
) -> (Report, u32) {
    let (service, driver) = built.runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    fill(&service);
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(service.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    for seconds in 0..100 {
        if driver.poll_until_idle().is_ready() {
            return (shutdown.finish(), seconds);
        }
        clock.advance(SECOND);
    }
    panic!("it does not end");
}

fn names(report: &Report) -> (Vec<&str>, Vec<&str>) {
    (
        report.finished.iter().map(purview::TaskInfo::name).collect(),
        report.cut.iter().map(purview::TaskInfo::name).collect(),
    )
}

fn in_a_shutdown_though_a_child_is_stubborn() {
    for holds in [false, true] {
        let (clock, log) = (TestClock::new(), Log::new());
        let (report, seconds) = shut_down(&clock, settled(), |service| {
            service.defer(flushes(log.clone(), "flushed"));
            if holds {
                service.spawn(shield(pending::<Result<(), ()>>()));
            } else {
                service.spawn(pending::<Result<(), ()>>());
            }
        });
        assert_eq!(log.entries(), ["flushed"], "holds: {holds}");
        assert_eq!(
            report.cut.len(),
            1,
            "the child, and not the finalizer: {:?}",
            names(&report)
        );
        assert_eq!(seconds, 11);
    }
}

fn in_a_shutdown_without_children_at_once() {
    let (clock, log) = (TestClock::new(), Log::new());
    let (report, seconds) = shut_down(&clock, settled(), |service| {
        service.defer(flushes(log.clone(), "flushed"));
    });
    assert_eq!((log.entries(), seconds), (vec!["flushed".to_owned()], 1));
    assert!(report.cut.is_empty());
}

fn several_last_in_first_out_within_the_further_grace() {
    let (clock, log) = (TestClock::new(), Log::new());
    let (report, seconds) = shut_down(&clock, settled(), |service| {
        for name in ["first", "second", "third"] {
            service.defer(flushes(log.clone(), name));
        }
        service.spawn(shield(pending::<Result<(), ()>>()));
    });
    assert_eq!(log.entries(), ["third", "second", "first"]);
    assert_eq!((report.cut.len(), seconds), (1, 13));
}

/// Three deep it takes no longer than one deep.
fn at_any_depth_innermost_scopes_first() {
    let (clock, log) = (TestClock::new(), Log::new());
    let (report, seconds) = shut_down(&clock, settled(), |service| {
        let log = log.clone();
        service.defer(flushes(log.clone(), "service"));
        service.spawn(async move {
            scope(async |outer| {
                outer.defer(flushes(log.clone(), "outer"));
                outer.spawn(scope(async |inner| {
                    inner.defer(flushes(log.clone(), "inner"));
                    inner.spawn(pending::<()>());
                }));
            })
            .await;
            Ok(())
        });
        service.spawn(shield(pending::<Result<(), ()>>()));
    });
    assert_eq!(log.entries(), ["inner", "outer", "service"]);
    assert_eq!(seconds, 13);
    assert!(
        report.cut.iter().all(|task| !task.name().contains("finalizer")),
        "{:?}",
        names(&report)
    );
}

fn within_twice_the_grace_though_all_of_them_are_stubborn() {
    let (clock, log) = (TestClock::new(), Log::new());
    let (report, seconds) = shut_down(&clock, settled(), |service| {
        let log = log.clone();
        service.defer(log.traced("service's", pending::<()>()));
        service.spawn(async move {
            scope(async |outer| {
                outer.defer(log.traced("outer's", pending::<()>()));
                outer.spawn(scope(async |inner| {
                    inner.defer(log.traced("inner's", pending::<()>()));
                    inner.spawn(shield(pending::<()>())).await;
                }));
            })
            .await;
            Ok(())
        });
    });
    assert_eq!(seconds, 20);
    assert!(log.has("inner's polled") && log.has("inner's dropped"));
    let (_, cut) = names(&report);
    assert!(
        cut.iter().any(|name| name.contains("finalizer")),
        "one that was cut is listed: {cut:?}"
    );
}

/// One that took up its own time too is in `cut`; those before it are not.
fn one_that_outlasts_the_further_grace_is_cut_and_listed() {
    let (clock, log) = (TestClock::new(), Log::new());
    let (report, seconds) = shut_down(&clock, settled(), |service| {
        service.defer(log.traced("never", pending::<()>()));
        service.defer(flushes(log.clone(), "flushed"));
        service.spawn(pending::<Result<(), ()>>());
    });
    assert_eq!(seconds, 20);
    assert!(log.has("flushed") && log.has("never dropped"));
    assert_eq!(report.cut.len(), 2, "the child and one finalizer: {:?}", names(&report));
}

polled_on_every_runtime_and_in_virtual_time!(
    in_a_shutdown_though_a_child_is_stubborn,
    in_a_shutdown_without_children_at_once,
    several_last_in_first_out_within_the_further_grace,
    at_any_depth_innermost_scopes_first,
    within_twice_the_grace_though_all_of_them_are_stubborn,
    one_that_outlasts_the_further_grace_is_cut_and_listed,
);
