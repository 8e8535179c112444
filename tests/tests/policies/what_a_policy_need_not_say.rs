//! A policy that says how children and body ended, and nothing else.

use std::{future::pending, ops::ControlFlow};

use purview::{CancelReason, End, Fallible, Policy, TaskInfo, checkpoint, with_policy};
use purview_tests::{Gate, by_hand, on_every_runtime, polled_on_every_runtime};

/// Writes down how each child ended.
#[derive(Default)]
struct Ledger {
    ends: Vec<String>,
    /// Whether it wants back what is not awaited.
    keeps: bool,
}

fn value<T>(end: End<Result<T, &'static str>>) -> (Option<T>, String) {
    match end {
        End::Returned(Ok(value)) => (Some(value), "worked".to_owned()),
        End::Returned(Err(error)) => (None, format!("failed: {error}")),
        End::Panicked(panic) => (None, format!("panicked: {panic}")),
        End::Cancelled(reason) => (None, format!("was cancelled: {reason}")),
    }
}

impl Policy for Ledger {
    type Child<T> = Result<T, &'static str>;
    type Joined<T> = T;
    type Output<R> = (Option<R>, Vec<String>);

    fn child_ended<T>(&mut self, task: &TaskInfo, end: End<Self::Child<T>>) -> (Option<T>, ControlFlow<()>) {
        let (value, how) = value(end);
        self.ends.push(format!("{} {how}", task.name()));
        (value, ControlFlow::Continue(()))
    }

    fn body_ended<R>(&mut self, end: End<Self::Child<R>>) -> (Option<R>, ControlFlow<()>) {
        (value(end).0, ControlFlow::Continue(()))
    }

    fn finish<R>(self, body: Option<R>, _: Option<CancelReason>) -> Self::Output<R> {
        (body, self.ends)
    }

    fn keeps_unclaimed<T>(&self, _: &T) -> bool {
        self.keeps
    }
}

impl Fallible for Ledger {
    type Error = &'static str;

    fn into_result<T>(child: Result<T, &'static str>) -> Result<T, &'static str> {
        child
    }
}

async fn it_is_told_of_a_failing_finalizer_as_of_one_that_panicked() {
    let (value, ends) = with_policy(Ledger::default())
        .name("import")
        .run(async |s| {
            s.defer(async { Ok(()) });
            s.defer(async { Err("no") });
            Ok(7)
        })
        .await;
    assert_eq!(value, Some(7));
    assert_eq!(
        ends,
        ["import/finalizer panicked: a finalizer failed, under a policy without `Fallible::from_result`"],
        "and of one that worked it is told nothing"
    );
}

async fn a_value_that_it_wants_back_and_leaves_as_it_is_can_be_awaited_after_the_scope() {
    for keeps in [false, true] {
        let policy = Ledger {
            keeps,
            ..Ledger::default()
        };
        let (task, ends) = with_policy(policy)
            .run(async |s| Ok(s.task().name("child").spawn(async { Ok(7) })))
            .await;
        assert_eq!(ends, ["child worked"]);
        assert_eq!(task.expect("the body worked").await, 7);
    }
}

fn the_body_goes_before_the_children_do() {
    let gate = Gate::new();
    let mut run = by_hand(with_policy(Ledger::default()).run(async |s| {
        let child = s.task().name("child").spawn(pending::<Result<(), _>>());
        gate.wait().await;
        s.cancel();
        checkpoint().await;
        child.await;
        Ok("what it has")
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    let (value, ends) = run.finish();
    assert_eq!(value, None);
    assert_eq!(ends, ["child was cancelled: cancelled on request"]);
}

async fn a_child_that_is_not_taken_in_has_nothing_to_yield_and_is_not_told_of() {
    let (handle, ends) = with_policy(Ledger::default()).run(async |s| Ok(s)).await;
    let handle = handle.expect("the body worked");
    let late = handle.spawn(async { Ok(7) });
    assert!(late.is_finished());
    let message = purview_tests::caught(late)
        .await
        .expect_err("there is nothing to yield");
    assert!(message.contains("its scope has ended"), "{message}");
    assert!(ends.is_empty());
}

on_every_runtime!(
    it_is_told_of_a_failing_finalizer_as_of_one_that_panicked,
    a_value_that_it_wants_back_and_leaves_as_it_is_can_be_awaited_after_the_scope,
    a_child_that_is_not_taken_in_has_nothing_to_yield_and_is_not_told_of,
);
polled_on_every_runtime!(the_body_goes_before_the_children_do);
