//! The body is child number zero: it holds by the same rules as any child.

use std::future::pending;

use purview::{cancelled, fail_fast, scope, shield, try_scope};
use purview_tests::{Gate, Log, by_hand, on_every_runtime, polled_on_every_runtime, yield_now};

/// A child that fails when `gate` opens.
async fn fails_when(gate: &Gate) -> Result<(), &'static str> {
    gate.wait().await;
    Err("no")
}

fn inside_a_shield_it_is_waited_for_and_then_dropped() {
    let (fail, cleaned, log) = (Gate::new(), Gate::new(), Log::new());
    let mut run = by_hand(try_scope(async |s| {
        let _guard = log.on_drop("body");
        s.spawn(fails_when(&fail));
        s.spawn(log.traced("plain", pending::<Result<(), _>>()));
        shield(cleaned.wait()).await;
        log.note("cleaned up");
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    fail.open();
    assert!(run.poll_until_idle().is_pending());
    cleaned.open();
    assert_eq!(run.finish(), Err("no"));
    assert_eq!(
        log.entries(),
        ["plain polled", "plain dropped", "cleaned up", "body dropped"]
    );
}

async fn waiting_to_be_told_it_is_told() {
    let log = Log::new();
    let failed = try_scope(async |s| {
        s.spawn(async {
            yield_now().await;
            Err::<(), _>("no")
        });
        log.note(format!("told {:?}", cancelled().await));
        pending::<Result<(), _>>().await
    });
    assert_eq!(failed.await, Err("no"));
    assert_eq!(log.entries(), ["told Failed"]);
}

fn with_a_scope_in_it_that_has_a_finalizer_it_is_waited_for() {
    let (fail, cleaned, log) = (Gate::new(), Gate::new(), Log::new());
    let mut run = by_hand(try_scope(async |outer| {
        outer.spawn(fails_when(&fail));
        let inner = fail_fast::<&str>().run(async |inner| {
            inner.defer(async {
                cleaned.wait().await;
                log.note("finalized");
            });
            pending::<Result<(), _>>().await
        });
        log.note(format!(
            "inner: {:?}",
            inner.await.expect_err("it was cancelled").reason()
        ));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    fail.open();
    assert!(run.poll_until_idle().is_pending());
    cleaned.open();
    assert_eq!(run.finish(), Err("no"));
    assert_eq!(log.entries(), ["finalized", "inner: Parent"]);
}

fn a_value_it_returns_after_a_failure_is_not_the_answer() {
    let (fail, cleaned) = (Gate::new(), Gate::new());
    let mut run = by_hand(try_scope(async |s| {
        s.spawn(fails_when(&fail));
        shield(cleaned.wait()).await;
        Ok("too late")
    }));
    assert!(run.poll_until_idle().is_pending());
    fail.open();
    assert!(run.poll_until_idle().is_pending());
    cleaned.open();
    assert_eq!(run.finish(), Err("no"));
}

fn a_body_that_ended_holds_nothing() {
    let fail = Gate::new();
    let mut run = by_hand(try_scope(async |s| {
        s.spawn(fails_when(&fail));
        shield(async {}).await;
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    fail.open();
    assert_eq!(run.finish(), Err("no"));
    assert_eq!(by_hand(scope(async |_| 1)).finish(), 1);
}

on_every_runtime!(waiting_to_be_told_it_is_told);
polled_on_every_runtime!(
    inside_a_shield_it_is_waited_for_and_then_dropped,
    with_a_scope_in_it_that_has_a_finalizer_it_is_waited_for,
    a_value_it_returns_after_a_failure_is_not_the_answer,
    a_body_that_ended_holds_nothing,
);
