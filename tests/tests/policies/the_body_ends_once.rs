//! A policy is told of the end of the body once, on every way out.

use std::{
    future::pending,
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use purview::{CancelReason, CancelToken, End, Policy, TaskInfo, with_policy};
use purview_tests::{by_hand, polled_on_every_runtime};

/// Counts the ends of the body.
struct Counts(Arc<AtomicUsize>);

impl Policy for Counts {
    type Child<T> = T;
    type Joined<T> = T;
    type Output<R> = ();

    fn child_ended<T>(&mut self, _: &TaskInfo, _: End<T>) -> (Option<T>, ControlFlow<()>) {
        (None, ControlFlow::Continue(()))
    }

    fn body_ended<R>(&mut self, _: End<R>) -> (Option<R>, ControlFlow<()>) {
        self.0.fetch_add(1, SeqCst);
        (None, ControlFlow::Continue(()))
    }

    fn finish<R>(self, _: Option<R>, _: Option<CancelReason>) {}
}

fn where_the_scopes_future_is_dropped_after_it() {
    let ends = Arc::new(AtomicUsize::new(0));
    let mut run = by_hand(with_policy(Counts(ends.clone())).run(async |s| {
        s.spawn(pending::<()>());
    }));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(ends.load(SeqCst), 1, "the body has returned");
    drop(run);
    assert_eq!(ends.load(SeqCst), 1);
}

fn where_the_scope_is_cancelled_after_it() {
    let (ends, token) = (Arc::new(AtomicUsize::new(0)), CancelToken::new());
    let mut run = by_hand(with_policy(Counts(ends.clone())).cancel_on(&token).run(async |s| {
        s.spawn(pending::<()>());
    }));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(ends.load(SeqCst), 1, "the body has returned");
    token.cancel();
    run.finish();
    assert_eq!(ends.load(SeqCst), 1);
}

fn where_the_body_is_dropped_with_the_scopes_future() {
    let ends = Arc::new(AtomicUsize::new(0));
    let mut run = by_hand(with_policy(Counts(ends.clone())).run(async |_| pending::<()>().await));
    assert!(run.poll_until_idle().is_pending());
    drop(run);
    assert_eq!(ends.load(SeqCst), 1);
}

polled_on_every_runtime!(
    where_the_scopes_future_is_dropped_after_it,
    where_the_scope_is_cancelled_after_it,
    where_the_body_is_dropped_with_the_scopes_future,
);
