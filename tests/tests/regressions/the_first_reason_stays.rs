//! What a scope resolves to, what its tasks say and what its token says is one reason: the first.

use std::{future::pending, time::Duration};

use purview::{CancelReason, CancelToken, Task, TaskError, checkpoint, fail_fast, settled, shield};
use purview_tests::by_hand;

fn reason_of<T>(task: Task<Result<T, TaskError<()>>>) -> CancelReason {
    match by_hand(task).finish() {
        Err(TaskError::Cancelled(reason)) => reason,
        _ => panic!("the task was cancelled"),
    }
}

fn requested(why: &'static str) -> CancelReason {
    CancelReason::Requested(Some(why.into()))
}

#[test]
fn in_a_scope_that_begins_too_late_and_cancelled() {
    let token = CancelToken::new();
    token.cancel_with("first");
    let options = fail_fast::<()>().cancel_on(&token).timeout(Duration::ZERO);
    let error = by_hand(options.run(|_| async { Ok(()) }))
        .finish()
        .expect_err("it was cancelled");
    assert_eq!(*error.reason(), requested("first"));
}

#[test]
fn when_the_future_of_a_cancelled_scope_is_dropped() {
    let mut task = None;
    let mut run = by_hand(settled().run(async |s| {
        task = Some(s.spawn(shield(pending::<Result<(), ()>>())));
        checkpoint().await;
        s.cancel_with("first");
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    drop(run);
    assert_eq!(reason_of(task.expect("the body ran")), requested("first"));
}

#[test]
fn of_a_task_that_was_cancelled_alone_before_its_scope() {
    let mut task = None;
    let mut run = by_hand(settled().grace(Duration::ZERO).run(async |s| {
        task = Some(s.spawn(shield(pending::<Result<(), ()>>())));
        checkpoint().await;
        task.as_ref().expect("put there just above").cancel();
        s.cancel_with("second");
        Ok(())
    }));
    run.finish().expect("the body returned");
    drop(run);
    assert_eq!(reason_of(task.expect("the body ran")), CancelReason::Requested(None));
}
