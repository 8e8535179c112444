//! A failure is seen inside its scope only, until the caller passes it on.

use std::{error::Error, future::pending, io};

use purview::{CancelReason, CancelToken, ScopeError, TaskError, cancelled, fail_fast, scope, try_scope};
use purview_tests::{Gate, Log, by_hand, on_every_runtime, polled_on_every_runtime, yield_now};

async fn the_error_of_an_inner_scope_is_a_node_in_the_error_of_the_outer() {
    let failed = fail_fast::<ScopeError<io::Error>>().run(async |_| {
        fail_fast::<io::Error>()
            .run(async |inner| {
                inner.spawn(async { Err::<(), _>(io::Error::other("the cause")) });
                Ok(())
            })
            .await
    });
    let outer = failed.await.expect_err("the body failed");
    let mut source: Option<&dyn Error> = Some(&outer);
    let mut chain = vec![];
    while let Some(error) = source {
        chain.push(error.to_string());
        source = error.source();
    }
    assert!(chain.iter().any(|text| text.contains("the cause")), "{chain:?}");
    let inner = outer.into_failure().expect("the outer scope failed");
    assert_eq!(
        inner.into_failure().map(|e| e.to_string()),
        Some("the cause".to_owned())
    );
}

async fn an_inner_scope_that_waits_when_an_outer_child_fails_is_dropped_and_adds_nothing() {
    let log = Log::new();
    let failed = fail_fast::<&str>().run(async |outer| {
        outer.spawn(try_scope(async |inner| {
            let guard = log.on_drop("inner child");
            inner.spawn(async {
                let _guard = guard;
                pending::<()>().await;
                Err::<(), _>("inner")
            });
            Ok(())
        }));
        outer.spawn(async {
            yield_now().await;
            Err::<(), _>("outer")
        });
        Ok(())
    });
    let failures = failed.await.expect_err("a child failed").into_failures();
    assert!(
        matches!(failures[..], [ref f] if matches!(f.error, TaskError::Failed("outer"))),
        "{failures:?}"
    );
    assert_eq!(log.entries(), ["inner child dropped"]);
}

async fn a_caller_that_handled_the_error_goes_on_as_if_nothing_had_happened() {
    let log = Log::new();
    scope(async |outer| {
        let sibling = outer.spawn(async {
            yield_now().await;
            log.note("sibling went on");
        });
        assert_eq!(try_scope(async |_| Err::<(), _>("handled")).await, Err("handled"));
        yield_now().await;
        assert!(!outer.is_cancelled() && !outer.token().is_cancelled());
        sibling.await;
        outer.spawn(async { log.note("spawned afterwards") }).await;
    })
    .await;
    assert_eq!(log.entries(), ["sibling went on", "spawned afterwards"]);
}

async fn a_token_that_may_cancel_a_scope_is_untouched_by_its_failure() {
    let token = CancelToken::new();
    let failed = fail_fast().cancel_on(&token).run(async |_| Err::<(), _>("no")).await;
    assert!(failed.is_err() && !token.is_cancelled());
}

async fn siblings_are_told_that_the_reason_is_a_failure() {
    let log = Log::new();
    let failed = fail_fast::<&str>().run(async |s| {
        s.spawn(async {
            let why = cancelled().await;
            log.note(format!("{why:?}"));
            Ok(())
        });
        yield_now().await;
        Err::<(), _>("no")
    });
    assert!(failed.await.is_err());
    assert_eq!(log.entries(), ["Failed"]);
}

async fn after_a_normal_end_the_reason_is_ended() {
    let token = fail_fast::<&str>()
        .run(async |s| Ok(s.token()))
        .await
        .expect("nothing failed");
    assert_eq!(token.reason(), Some(CancelReason::Ended));
}

fn a_failure_in_the_step_in_which_the_scope_is_cancelled_is_not_lost() {
    let gate = Gate::new();
    let token = CancelToken::new();
    let mut run = by_hand(fail_fast::<&str>().cancel_on(&token).run(async |s| {
        s.spawn(async {
            gate.wait().await;
            token.cancel();
            Err::<(), _>("in the same step")
        });
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(
        run.finish().expect_err("a child failed").into_failure(),
        Some("in the same step")
    );
}

fn a_failure_in_the_step_in_which_the_parent_is_cancelled_is_what_the_inner_scope_returns() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(fail_fast::<&str>().run(async |outer| {
        let (handle, gate, log) = (outer.clone(), &gate, &log);
        outer.spawn(async move {
            let failed = fail_fast::<&str>().run(async move |inner| {
                inner.spawn(async move {
                    gate.wait().await;
                    handle.cancel();
                    Err::<(), _>("in the same step")
                });
                Ok(())
            });
            log.note(format!("{:?}", failed.await.map_err(ScopeError::into_failure)));
            Ok(())
        });
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert!(run.finish().expect_err("it was cancelled").is_cancelled());
    assert_eq!(log.entries(), ["Err(Some(\"in the same step\"))"]);
}

on_every_runtime!(
    the_error_of_an_inner_scope_is_a_node_in_the_error_of_the_outer,
    an_inner_scope_that_waits_when_an_outer_child_fails_is_dropped_and_adds_nothing,
    a_caller_that_handled_the_error_goes_on_as_if_nothing_had_happened,
    a_token_that_may_cancel_a_scope_is_untouched_by_its_failure,
    siblings_are_told_that_the_reason_is_a_failure,
    after_a_normal_end_the_reason_is_ended,
);
polled_on_every_runtime!(
    a_failure_in_the_step_in_which_the_scope_is_cancelled_is_not_lost,
    a_failure_in_the_step_in_which_the_parent_is_cancelled_is_what_the_inner_scope_returns,
);
