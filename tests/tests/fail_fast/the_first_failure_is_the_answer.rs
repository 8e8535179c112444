//! The first failure in time, a child's or the body's, is the cause, and nothing that comes later changes it.

use std::time::Duration;

use purview::{CancelReason, CancelToken, fail_fast, try_scope};
use purview_tests::{Gate, TestClock, by_hand, on_every_runtime, polled_on_every_runtime, yield_now};

async fn a_child_that_fails_fails_the_scope_with_its_error() {
    let failed = try_scope(async |s| {
        s.spawn(async { Err::<(), _>("no") });
        Ok(())
    });
    assert_eq!(failed.await, Err("no"));
    let failed = fail_fast().run(async |s| {
        s.spawn(async { Err::<(), _>("no") });
        Ok(())
    });
    let error = failed.await.expect_err("a child failed");
    assert_eq!((error.reason(), error.failures().len()), (&CancelReason::Failed, 1));
    assert_eq!(error.into_failure(), Some("no"));
}

async fn a_body_that_fails_fails_the_scope_with_its_error() {
    assert_eq!(try_scope(async |_| Err::<(), _>("no")).await, Err("no"));
    let error = fail_fast()
        .run(async |_| Err::<(), _>("no"))
        .await
        .expect_err("the body failed");
    assert_eq!(error.reason(), &CancelReason::Failed);
    assert_eq!(error.into_failure(), Some("no"));
}

async fn the_error_of_a_child_that_is_not_awaited_is_the_answer_though_the_body_ended_well() {
    let failed = try_scope(async |s| {
        s.spawn(async {
            yield_now().await;
            Err::<(), _>("late")
        });
        Ok("the body's value")
    });
    assert_eq!(failed.await, Err("late"));
}

fn the_child_that_failed_first_wins_whatever_the_order_of_spawning() {
    let (older, newer) = (Gate::new(), Gate::new());
    let mut run = by_hand(try_scope(async |s| {
        for (gate, error) in [(&older, "older"), (&newer, "newer")] {
            s.spawn(async move {
                gate.wait().await;
                Err::<(), _>(error)
            });
        }
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    newer.open();
    older.open();
    assert_eq!(run.finish(), Err("newer"));
}

fn a_body_that_fails_before_its_children_wins() {
    let (body, child) = (Gate::new(), Gate::new());
    let mut run = by_hand(try_scope(async |s| {
        s.spawn(async {
            child.wait().await;
            Err::<(), _>("child")
        });
        body.wait().await;
        Err::<(), _>("body")
    }));
    assert!(run.poll_until_idle().is_pending());
    body.open();
    child.open();
    assert_eq!(run.finish(), Err("body"));
}

fn neither_a_token_nor_a_deadline_nor_a_second_cancel_changes_the_cause() {
    let (clock, token, cleaned) = (TestClock::new(), CancelToken::new(), Gate::new());
    let mut handle = None;
    let slot = &mut handle;
    let mut run = by_hand(
        fail_fast()
            .runtime(clock.clone())
            .timeout(Duration::from_secs(1))
            .cancel_on(&token)
            .run(async |s| {
                *slot = Some(s.clone());
                s.spawn(purview::shield(async {
                    cleaned.wait().await;
                    Ok(())
                }));
                yield_now().await;
                Err::<(), _>("first")
            }),
    );
    assert!(run.poll_until_idle().is_pending(), "the shielded child is waited for");
    token.cancel_with("second");
    clock.advance(Duration::from_secs(2));
    assert!(run.poll_until_idle().is_pending());
    cleaned.open();
    let error = run.finish().expect_err("the body failed");
    assert_eq!(error.reason(), &CancelReason::Failed);
    assert_eq!(error.into_failure(), Some("first"));
    drop(run);
    let handle = handle.expect("the body ran");
    handle.cancel_with("third");
    assert_eq!(handle.token().reason(), Some(CancelReason::Failed));
}

async fn nothing_failed_means_the_value_of_the_body() {
    let value = try_scope(async |s| {
        let tasks: Vec<_> = (0..5).map(|i| s.spawn(async move { Ok::<_, &str>(i) })).collect();
        let mut values = vec![];
        for task in tasks {
            values.push(task.await);
        }
        Ok(values)
    });
    assert_eq!(value.await, Ok(vec![0, 1, 2, 3, 4]));
}

on_every_runtime!(
    a_child_that_fails_fails_the_scope_with_its_error,
    a_body_that_fails_fails_the_scope_with_its_error,
    the_error_of_a_child_that_is_not_awaited_is_the_answer_though_the_body_ended_well,
    nothing_failed_means_the_value_of_the_body,
);
polled_on_every_runtime!(
    the_child_that_failed_first_wins_whatever_the_order_of_spawning,
    a_body_that_fails_before_its_children_wins,
    neither_a_token_nor_a_deadline_nor_a_second_cancel_changes_the_cause,
);
