//! A daemon serves the others: the scope does not wait for it, and cancels it when they have all ended.

use std::future::pending;

use purview::{cancelled, fail_fast, scope, settled, shield, try_scope};
use purview_tests::{Gate, Log, by_hand, on_every_runtime, polled_on_every_runtime, yield_now};

async fn it_is_cancelled_when_the_last_ordinary_child_has_ended_and_that_is_no_error() {
    let log = Log::new();
    let value = try_scope(async |s| {
        let guard = log.on_drop("daemon");
        s.task().daemon().spawn(async move {
            let _guard = guard;
            pending::<Result<(), &str>>().await
        });
        s.spawn(async {
            yield_now().await;
            log.note("child ended");
            Ok(())
        });
        Ok(7)
    });
    assert_eq!(value.await, Ok(7));
    assert_eq!(log.entries(), ["child ended", "daemon dropped"]);
}

async fn a_scope_of_daemons_ends_with_its_body() {
    let value = scope(async |s| {
        for _ in 0..3 {
            s.task().daemon().spawn(pending::<()>());
        }
        yield_now().await;
        7
    });
    assert_eq!(value.await, 7);
}

fn it_runs_while_the_body_or_an_ordinary_child_does() {
    let (child, work, log) = (Gate::new(), Gate::new(), Log::new());
    let mut run = by_hand(scope(async |s| {
        s.task().daemon().spawn(async {
            work.wait().await;
            log.note("daemon worked");
            pending::<()>().await;
        });
        s.spawn(child.wait());
        assert_eq!(s.len(), 2, "it counts among the children");
    }));
    assert!(run.poll_until_idle().is_pending());
    work.open();
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["daemon worked"]);
    child.open();
    run.finish();
}

async fn it_may_end_before_the_others() {
    let value = scope(async |s| {
        let daemon = s.task().daemon().spawn(async { 20 });
        let value = daemon.await;
        yield_now().await;
        value + s.spawn(async { 1 }).await
    });
    assert_eq!(value.await, 21);
}

async fn its_failure_while_the_others_live_fails_the_scope() {
    let failed = fail_fast::<&str>().run(async |s| {
        s.task().name("flusher").daemon().spawn(async {
            yield_now().await;
            Err::<(), _>("disk full")
        });
        pending::<Result<(), _>>().await
    });
    let error = failed.await.expect_err("the daemon failed");
    assert_eq!(error.failures()[0].task.name(), "flusher");
    assert_eq!(error.into_failure(), Some("disk full"));
}

async fn one_that_waits_to_be_told_is_told() {
    let log = Log::new();
    scope(async |s| {
        s.task().daemon().spawn(async {
            cancelled().await;
            shield(async {
                yield_now().await;
                log.note("flushed");
            })
            .await;
        });
        s.spawn(async { log.note("child ended") });
    })
    .await;
    assert_eq!(log.entries(), ["child ended", "flushed"]);
}

fn one_that_holds_is_waited_for() {
    let gate = Gate::new();
    let mut run = by_hand(scope(async |s| {
        s.task().daemon().spawn(shield(gate.wait()));
        yield_now().await;
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    run.finish();
}

async fn its_end_is_not_among_the_failures_of_a_settled_scope() {
    let settlement = settled::<&str>().run(async |s| {
        s.task().daemon().spawn(pending::<Result<(), _>>());
        Ok(s.spawn(async { Ok(7) }).await.ok())
    });
    let settlement = settlement.await.expect("the body worked");
    assert_eq!(
        (settlement.value, settlement.failures.len(), settlement.stopped),
        (Some(7), 0, None)
    );
}

async fn a_child_it_spawns_is_waited_for() {
    let log = Log::new();
    scope(async |s| {
        let (handle, log) = (s.clone(), &log);
        s.task().daemon().spawn(async move {
            handle.spawn(async move {
                yield_now().await;
                yield_now().await;
                log.note("its child ended");
            });
            pending::<()>().await;
        });
        yield_now().await;
    })
    .await;
    assert_eq!(log.entries(), ["its child ended"]);
}

on_every_runtime!(
    it_is_cancelled_when_the_last_ordinary_child_has_ended_and_that_is_no_error,
    a_scope_of_daemons_ends_with_its_body,
    it_may_end_before_the_others,
    its_failure_while_the_others_live_fails_the_scope,
    one_that_waits_to_be_told_is_told,
    its_end_is_not_among_the_failures_of_a_settled_scope,
    a_child_it_spawns_is_waited_for,
);
polled_on_every_runtime!(
    it_runs_while_the_body_or_an_ordinary_child_does,
    one_that_holds_is_waited_for
);
