//! A destructor that panics after something else did neither hides the first panic nor surfaces as a second one.

use std::{
    future::pending,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
};

use purview::{CancelReason, End, Policy, Run, TaskInfo, scope, settled, with_policy};
use purview_tests::{
    Log, PanicsOnDrop, by_hand, caught, message_of, on_every_runtime, poll_once, polled_on_every_runtime,
};

/// Whether dropping `value` panics.
fn panics_when_dropped<T>(value: T) -> bool {
    catch_unwind(AssertUnwindSafe(|| drop(value))).is_err()
}

async fn keeps<T>(owned: T) {
    let _owned = owned;
    pending::<()>().await;
}

/// A policy that panics when it is told of a child, and whose destructor notes that it runs, and panics.
struct Brittle {
    log: Log,
    _panics: PanicsOnDrop,
}

impl Brittle {
    fn new(log: &Log) -> Self {
        Self {
            log: log.clone(),
            _panics: PanicsOnDrop("the policy"),
        }
    }
}

impl Drop for Brittle {
    fn drop(&mut self) {
        self.log.note("policy dropped");
    }
}

impl Policy for Brittle {
    type Child<T> = T;
    type Joined<T> = T;
    type Output<R> = ();

    fn child_ended<T>(&mut self, _: &TaskInfo, _: End<T>) -> (Option<T>, ControlFlow<()>) {
        panic!("told of a child");
    }

    fn body_ended<R>(&mut self, _: End<R>) -> (Option<R>, ControlFlow<()>) {
        (None, ControlFlow::Continue(()))
    }

    fn finish<R>(self, _: Option<R>, _: Option<CancelReason>) {}
}

fn of_a_policy_that_is_told_and_then_of_its_destructor() {
    let log = Log::new();
    let mut run = by_hand(with_policy(Brittle::new(&log)).run(async |s| {
        s.spawn(async {});
    }));
    let panicked = catch_unwind(AssertUnwindSafe(|| run.finish()));
    assert_eq!(
        message_of(&*panicked.expect_err("the policy panicked")),
        "told of a child"
    );
    assert_eq!(log.entries(), ["policy dropped"], "in the poll that panicked");
    assert!(!panics_when_dropped(run));
}

fn has_a_child_and_a_policy_that_panic(log: &Log) -> Run<'static, Brittle, impl Future<Output = ()> + use<>, ()> {
    with_policy(Brittle::new(log)).run(async |s| {
        s.spawn(keeps(PanicsOnDrop("the child")));
        pending::<()>().await;
    })
}

fn where_the_scopes_future_is_dropped_outside_of_a_poll_neither_comes_out() {
    let log = Log::new();
    let mut run = by_hand(has_a_child_and_a_policy_that_panic(&log));
    assert!(run.poll_until_idle().is_pending());
    assert!(!panics_when_dropped(run));
    assert_eq!(log.entries(), ["policy dropped"]);
}

async fn where_the_scopes_future_is_dropped_in_a_scope_the_first_comes_out_of_that() {
    let log = Log::new();
    let panicked = caught(scope(async |_| {
        let mut run = Box::pin(has_a_child_and_a_policy_that_panic(&log));
        assert!(poll_once(run.as_mut()).await.is_pending());
        drop(run);
    }));
    assert_eq!(panicked.await, Err("the child".into()));
    assert_eq!(log.entries(), ["policy dropped"]);
}

/// A policy that wants results back that no task was awaited for, and whose destructor panics.
struct Keeps(#[expect(dead_code, reason = "its destructor is what matters")] PanicsOnDrop);

impl Policy for Keeps {
    type Child<T> = T;
    type Joined<T> = T;
    type Output<R> = ();

    fn child_ended<T>(&mut self, _: &TaskInfo, end: End<T>) -> (Option<T>, ControlFlow<()>) {
        match end {
            End::Returned(value) => (Some(value), ControlFlow::Continue(())),
            End::Panicked(_) | End::Cancelled(_) => (None, ControlFlow::Continue(())),
        }
    }

    fn body_ended<R>(&mut self, _: End<R>) -> (Option<R>, ControlFlow<()>) {
        (None, ControlFlow::Continue(()))
    }

    fn finish<R>(self, _: Option<R>, _: Option<CancelReason>) {}

    fn keeps_unclaimed<T>(&self, _: &T) -> bool {
        true
    }
}

/// Has a result that is kept, as its task is alive and was not awaited, and whose destructor panics before the policy's.
fn keeps_a_result_that_panics() -> Run<'static, Keeps, impl Future<Output = ()>, ()> {
    with_policy(Keeps(PanicsOnDrop("the policy"))).run(async |s| {
        let _kept = s.spawn(async { PanicsOnDrop("a kept result") });
        pending::<()>().await;
    })
}

async fn of_a_kept_result_and_of_the_policy_that_of_the_result_comes_out() {
    let panicked = caught(scope(async |_| {
        let mut run = Box::pin(keeps_a_result_that_panics());
        for _ in 0..3 {
            assert!(poll_once(run.as_mut()).await.is_pending());
        }
        drop(run);
    }));
    assert_eq!(panicked.await, Err("a kept result".into()));
}

fn of_a_kept_result_and_of_the_policy_neither_comes_out_outside_of_a_poll() {
    let mut run = by_hand(keeps_a_result_that_panics());
    assert!(run.poll_until_idle().is_pending());
    assert!(!panics_when_dropped(run));
}

/// A value that panics when it is dropped, with a payload that panics when it is dropped.
struct PanicsWith(Option<PanicsOnDrop>);

impl Drop for PanicsWith {
    fn drop(&mut self) {
        if let Some(payload) = self.0.take() {
            panic_any(payload);
        }
    }
}

fn a_payload_that_panics_does_not_come_out_of_the_drop_of_a_stream() {
    let (service, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    let items = service.produce(1, async |tx| {
        tx.send(PanicsWith(Some(PanicsOnDrop("a payload")))).await.ok();
        pending().await
    });
    assert!(driver.poll_until_idle().is_pending());
    assert!(!panics_when_dropped(items));
    drop(service);
    assert!(driver.finish().is_ok());
}

polled_on_every_runtime!(
    of_a_policy_that_is_told_and_then_of_its_destructor,
    where_the_scopes_future_is_dropped_outside_of_a_poll_neither_comes_out,
    of_a_kept_result_and_of_the_policy_neither_comes_out_outside_of_a_poll,
    a_payload_that_panics_does_not_come_out_of_the_drop_of_a_stream,
);
on_every_runtime!(
    where_the_scopes_future_is_dropped_in_a_scope_the_first_comes_out_of_that,
    of_a_kept_result_and_of_the_policy_that_of_the_result_comes_out,
);
