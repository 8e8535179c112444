//! A grace ends for the whole subtree: what is left in it is dropped, and its finalizers, innermost scopes first, share one
//! further grace. So a stubborn child does not cost the flush.

use std::{future::pending, time::Duration};

use futures::FutureExt;
use purview::{
    Builder, CancelToken, FailFast, Report, Scope, Settled, fail_fast, gather, scope, settled, shield, sleep, timeout,
    try_scope,
};
use purview_tests::{Gate, Log, TestClock, by_hand, polled_on_every_runtime_and_in_virtual_time};

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
        service.defer(flushes(log.clone(), "flushed"))
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

/// Cancels a scope with that grace around `inside`; gives after how many seconds it resolved.
fn cancelled_after(
    clock: &TestClock,
    built: Builder<FailFast<()>>,
    fill: impl FnOnce(&Scope<'_, FailFast<()>>),
) -> u32 {
    let token = CancelToken::new();
    let mut run = by_hand(built.runtime(clock.clone()).cancel_on(&token).run(async |s| {
        fill(&s);
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    for seconds in 0..100 {
        if run.poll_until_idle().is_ready() {
            return seconds;
        }
        clock.advance(SECOND);
    }
    panic!("it does not end");
}

fn after_the_grace_of_a_scope_that_is_cancelled() {
    let (clock, log) = (TestClock::new(), Log::new());
    let seconds = cancelled_after(&clock, fail_fast().grace(GRACE), |s| {
        s.defer(flushes(log.clone(), "flushed"));
        s.spawn(shield(pending::<Result<(), _>>()));
    });
    assert_eq!((log.entries(), seconds), (vec!["flushed".to_owned()], 11));
}

/// The grace is that of the scope around; the finalizers are those of scopes inside.
fn after_the_grace_of_a_scope_around() {
    let (clock, log) = (TestClock::new(), Log::new());
    let seconds = cancelled_after(&clock, fail_fast().grace(GRACE), |s| {
        s.defer(flushes(log.clone(), "outer"));
        let log = log.clone();
        s.spawn(try_scope(async move |inner| {
            inner.defer(flushes(log.clone(), "inner"));
            inner.spawn(shield(pending::<Result<(), _>>())).await;
            Ok(())
        }));
    });
    assert_eq!(
        (log.entries(), seconds),
        (vec!["inner".to_owned(), "outer".to_owned()], 12)
    );
}

/// A scope in a member of a gather, in a timeout, in a child.
fn through_a_gather_and_a_timeout() {
    let (clock, log) = (TestClock::new(), Log::new());
    let seconds = cancelled_after(&clock, fail_fast().grace(GRACE), |s| {
        s.defer(flushes(log.clone(), "outer"));
        let log = log.clone();
        let member = async move {
            let inner = scope(async |inner| {
                inner.defer(flushes(log, "inner"));
                inner.spawn(shield(pending::<()>())).await;
            });
            timeout(1_000 * SECOND, inner).await.map_err(drop)
        };
        s.spawn(gather([member]).map(|_| Ok(())));
    });
    assert_eq!(
        (log.entries(), seconds),
        (vec!["inner".to_owned(), "outer".to_owned()], 12)
    );
}

fn at_a_deadline() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(
        fail_fast::<()>()
            .runtime(clock.clone())
            .timeout(SECOND)
            .grace(GRACE)
            .run(async |s| {
                s.defer(flushes(log.clone(), "flushed"));
                s.spawn(shield(pending::<Result<(), _>>()));
                pending::<Result<(), _>>().await
            }),
    );
    for _ in 0..12 {
        assert!(run.poll_until_idle().is_pending());
        clock.advance(SECOND);
    }
    assert!(run.finish().expect_err("it was late").is_deadline_exceeded());
    assert_eq!(log.entries(), ["flushed"]);
}

fn one_that_has_begun_when_the_grace_ends_has_the_further_grace_too() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let token = CancelToken::new();
    let mut run = by_hand(
        fail_fast::<()>()
            .runtime(clock.clone())
            .grace(GRACE)
            .cancel_on(&token)
            .run(async |s| {
                s.defer(log.traced("finalizer", gate.wait()));
                pending::<Result<(), _>>().await
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending());
    clock.advance(GRACE + SECOND);
    assert!(run.poll_until_idle().is_pending());
    assert!(!log.has("finalizer dropped"));
    gate.open();
    assert!(run.finish().is_err());
}

fn without_a_grace_they_have_no_bound() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let token = CancelToken::new();
    let mut run = by_hand(
        fail_fast::<()>()
            .runtime(clock.clone())
            .cancel_on(&token)
            .run(async |s| {
                s.defer(log.traced("finalizer", gate.wait()));
                pending::<Result<(), _>>().await
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending());
    clock.advance(1_000 * GRACE);
    assert!(run.poll_until_idle().is_pending());
    assert!(!log.has("finalizer dropped"));
    gate.open();
    assert!(run.finish().is_err());
}

/// That is the one way to cut them: at any depth, without a poll.
fn but_not_under_a_grace_of_zero() {
    let (clock, log) = (TestClock::new(), Log::new());
    let seconds = cancelled_after(&clock, fail_fast().grace(Duration::ZERO), |s| {
        s.defer(log.traced("outer", async {}));
        let log = log.clone();
        s.spawn(try_scope(async move |inner| {
            inner.defer(log.traced("inner", async {}));
            inner.spawn(shield(pending::<Result<(), _>>())).await;
            Ok(())
        }));
    });
    assert_eq!(seconds, 0);
    assert_eq!(log.entries(), ["inner dropped", "outer dropped"]);
}

polled_on_every_runtime_and_in_virtual_time!(
    in_a_shutdown_though_a_child_is_stubborn,
    in_a_shutdown_without_children_at_once,
    several_last_in_first_out_within_the_further_grace,
    at_any_depth_innermost_scopes_first,
    within_twice_the_grace_though_all_of_them_are_stubborn,
    one_that_outlasts_the_further_grace_is_cut_and_listed,
    after_the_grace_of_a_scope_that_is_cancelled,
    after_the_grace_of_a_scope_around,
    through_a_gather_and_a_timeout,
    at_a_deadline,
    one_that_has_begun_when_the_grace_ends_has_the_further_grace_too,
    without_a_grace_they_have_no_bound,
    but_not_under_a_grace_of_zero,
);
