//! Policies show how much went wrong so far.

use std::ops::ControlFlow;

use purview::{CancelReason, End, FailFast, JoinAll, Policy, Settled, TaskError, TaskInfo, gather, scope};
use purview_tests::on_every_runtime;

use crate::Unprintable;

/// A task to report.
async fn a_task() -> TaskInfo {
    scope(async |_| purview::current().expect("in a task")).await
}

async fn a_panic() -> End<Result<(), Unprintable>> {
    let panics = async {
        if true {
            panic!("boom")
        } else {
            Err::<(), _>(Unprintable)
        }
    };
    match gather([panics]).settled().await.pop() {
        Some(Err(TaskError::Panicked(panic))) => End::Panicked(panic),
        _ => panic!("it should have panicked"),
    }
}

async fn fail_fast_shows_its_failures_and_its_panic() {
    let (task, mut policy) = (a_task().await, FailFast::default());
    let (joined, flow) = policy.child_ended::<()>(&task, End::Returned(Err(Unprintable)));
    assert_eq!((joined, flow), (None, ControlFlow::Break(())));
    assert_eq!(
        format!("{policy:?}"),
        "FailFast { failures: 1, panic: FirstPanic(None) }"
    );
    let (joined, flow) = policy.child_ended::<()>(&task, a_panic().await);
    assert_eq!((joined, flow), (None, ControlFlow::Break(())));
    let shown = format!("{policy:?}");
    assert!(shown.contains("boom"), "{shown}");
}

async fn settled_shows_what_was_not_awaited() {
    let (task, mut policy) = (a_task().await, Settled::default());
    assert_eq!(format!("{policy:?}"), "Settled { failures: 0 }");
    let (joined, flow) = policy.child_ended::<()>(&task, End::Returned(Err(Unprintable)));
    assert_eq!(flow, ControlFlow::Continue(()));
    let left = policy.unclaimed::<()>(&task, joined.expect("a task of a settled scope always yields"));
    assert!(left.is_some(), "a later await must not hang");
    assert_eq!(format!("{policy:?}"), "Settled { failures: 1 }");
    let left = policy.unclaimed::<u32>(&task, Ok(7));
    assert!(matches!(left, Some(Ok(7))), "a value is given back as it is");
    assert_eq!(format!("{policy:?}"), "Settled { failures: 1 }");
}

async fn join_all_shows_its_panic() {
    let mut policy = JoinAll::default();
    assert_eq!(format!("{policy:?}"), "JoinAll { panic: FirstPanic(None) }");
    let End::Panicked(panic) = a_panic().await else {
        panic!("it is a panic")
    };
    let (value, flow) = policy.body_ended::<()>(End::Panicked(panic));
    assert_eq!((value, flow), (None, ControlFlow::Break(())));
    let shown = format!("{policy:?}");
    assert!(shown.contains("boom"), "{shown}");
}

#[test]
fn a_cancellation_is_no_failure() {
    let mut policy = FailFast::<Unprintable>::new();
    let (value, flow) = policy.body_ended::<()>(End::Cancelled(CancelReason::Parent));
    assert_eq!((value, flow), (None, ControlFlow::Continue(())));
    assert_eq!(
        format!("{policy:?}"),
        "FailFast { failures: 0, panic: FirstPanic(None) }"
    );
}

on_every_runtime!(
    fail_fast_shows_its_failures_and_its_panic,
    settled_shows_what_was_not_awaited,
    join_all_shows_its_panic,
);
