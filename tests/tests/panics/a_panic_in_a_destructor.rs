//! A destructor that panics keeps no other child from being dropped, surfaces once, and never aborts the process.

use std::{
    future::pending,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    task::Context,
};

use purview::{
    CancelReason, End, Policy, TaskError, TaskInfo, cancelled, fail_fast, scope, settled, try_scope, with_policy,
};
use purview_tests::{
    CallsOnDrop, Gate, Log, PanicsOnDrop, by_hand, calling_waker, caught, message_of, on_every_runtime,
    polled_on_every_runtime, yield_now,
};

/// Owns `owned` for ever.
async fn keeps<T>(owned: T) -> Result<(), &'static str> {
    let _owned = owned;
    pending().await
}

async fn every_other_child_is_dropped_when_a_cancelled_child_panics_in_its_destructor() {
    let log = Log::new();
    let outcome = caught(try_scope(async |s| {
        for name in ["oldest", "older"] {
            s.spawn(keeps(log.on_drop(name)));
        }
        s.spawn(keeps(PanicsOnDrop("out of a destructor")));
        for name in ["newer", "newest"] {
            s.spawn(keeps(log.on_drop(name)));
        }
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert_eq!(outcome.await, Err("out of a destructor".into()));
    assert_eq!(
        log.entries(),
        ["newest dropped", "newer dropped", "older dropped", "oldest dropped"]
    );
}

/// Panics when it is told of a child.
struct Indignant;

impl Policy for Indignant {
    type Child<T> = T;
    type Joined<T> = T;
    type Output<R> = Option<R>;

    fn child_ended<T>(&mut self, _: &TaskInfo, _: End<T>) -> (Option<T>, ControlFlow<()>) {
        panic!("the policy");
    }

    fn body_ended<R>(&mut self, _: End<R>) -> (Option<R>, ControlFlow<()>) {
        (None, ControlFlow::Continue(()))
    }

    fn finish<R>(self, body: Option<R>, _: Option<CancelReason>) -> Option<R> {
        body
    }
}

async fn a_policy_that_panics_when_it_is_told_does_not_hide_it() {
    let outer = settled::<()>().run(async |s| {
        let child = s.spawn(async {
            let inner = with_policy(Indignant).run(async |inner| {
                inner.spawn(keeps(PanicsOnDrop("the destructor")));
                pending::<()>().await;
            });
            inner.await;
            Ok(())
        });
        yield_now().await;
        child.cancel();
        match child.await {
            Err(TaskError::Panicked(panic)) => Ok(panic.message().map(str::to_owned)),
            _ => Ok(None),
        }
    });
    let heard = outer.await.expect("the body worked").value;
    assert_eq!(heard.as_deref(), Some("the destructor"));
}

fn a_destructor_that_cancels_a_task_while_it_unwinds_survives_a_waker_that_panics() {
    let hostile = calling_waker(|| panic!("the second"));
    let (scope, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    let task = scope.spawn(async move {
        let mut told = Box::pin(cancelled());
        assert!(told.as_mut().poll(&mut Context::from_waker(&hostile)).is_pending());
        cancelled().await;
        drop(told);
        pending::<Result<(), ()>>().await
    });
    assert!(driver.poll_until_idle().is_pending());
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _cancels = CallsOnDrop(|| task.cancel());
        panic!("the first");
    }));
    assert_eq!(message_of(&*unwound.expect_err("it panicked")), "the first");
    assert!(driver.poll_until_idle().is_pending());
    assert!(task.is_finished(), "it has heard of it all the same");
}

async fn of_three_destructors_that_panic_one_surfaces_and_everything_is_dropped() {
    let log = Log::new();
    let outcome = caught(try_scope(async |s| {
        for name in ["oldest", "middle", "newest"] {
            s.spawn(keeps(log.on_drop(name)));
            s.spawn(keeps(PanicsOnDrop("one of three")));
        }
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert_eq!(outcome.await, Err("one of three".into()));
    assert_eq!(log.entries(), ["newest dropped", "middle dropped", "oldest dropped"]);
}

fn dropping_the_scope_drops_the_children_older_than_the_one_that_panics() {
    let log = Log::new();
    let mut run = by_hand(try_scope(async |s| {
        let _body = log.on_drop("body");
        s.spawn(keeps(log.on_drop("oldest")));
        s.spawn(keeps(PanicsOnDrop("out of a destructor")));
        s.spawn(keeps(log.on_drop("newest")));
        pending::<Result<(), &str>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    // This scope is not awaited, so whether the panic goes on from here is left open.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(run)));
    assert_eq!(log.entries(), ["body dropped", "newest dropped", "oldest dropped"]);
}

fn dropping_a_scope_during_a_panic_does_not_abort_the_process() {
    struct PanicsEvenThen;
    impl Drop for PanicsEvenThen {
        fn drop(&mut self) {
            panic!("a second panic");
        }
    }
    let log = Log::new();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let mut run = by_hand(try_scope(async |s| {
            s.spawn(keeps(log.on_drop("oldest")));
            s.spawn(keeps(PanicsEvenThen));
            s.spawn(keeps(log.on_drop("newest")));
            pending::<Result<(), &str>>().await
        }));
        assert!(run.poll_until_idle().is_pending());
        panic!("the first panic");
    }));
    assert_eq!(message_of(&*unwound.expect_err("it panicked")), "the first panic");
    assert_eq!(log.entries(), ["newest dropped", "oldest dropped"]);
}

async fn a_finished_child_that_panics_in_its_destructor_has_panicked() {
    /// Ready at once; its destructor panics afterwards.
    struct ReadyThenPanics(#[expect(dead_code, reason = "its destructor is what matters")] PanicsOnDrop);
    impl Future for ReadyThenPanics {
        type Output = ();
        fn poll(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> std::task::Poll<()> {
            std::task::Poll::Ready(())
        }
    }
    let log = Log::new();
    let outcome = caught(scope(async |s| {
        let guard = log.on_drop("sibling");
        s.spawn(async move {
            let _guard = guard;
            pending::<()>().await;
        });
        s.spawn(ReadyThenPanics(PanicsOnDrop("after its end")));
    }));
    assert_eq!(outcome.await, Err("after its end".into()));
    assert_eq!(log.entries(), ["sibling dropped"]);
}

async fn in_a_settled_scope_it_ends_no_other() {
    let settlement = settled::<&str>().run(async |s| {
        let panics = s.spawn(keeps(PanicsOnDrop("out of a destructor")));
        yield_now().await;
        panics.cancel();
        drop(panics);
        let sibling = s.spawn(async {
            yield_now().await;
            Ok(7)
        });
        Ok(sibling.await.ok())
    });
    assert_eq!(settlement.await.expect("the body worked").value, Some(7));
}

fn the_destructor_of_the_body_that_panics_keeps_no_child_from_being_dropped() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(caught(fail_fast::<&str>().run(async |s| {
        let _panics = PanicsOnDrop("out of the body's destructor");
        s.spawn(keeps(log.on_drop("child")));
        s.spawn(async {
            gate.wait().await;
            Err::<(), _>("no")
        });
        pending::<Result<(), _>>().await
    })));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish().err(), Some("out of the body's destructor".into()));
    assert_eq!(log.entries(), ["child dropped"]);
}

async fn a_value_whose_destructor_panics_is_dropped_with_its_task() {
    let outcome = caught(scope(async |s| {
        let task = s.spawn(async { PanicsOnDrop("the value") });
        while !task.is_finished() {
            yield_now().await;
        }
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(task)));
        assert_eq!(
            message_of(&*dropped.expect_err("it panics where it is dropped")),
            "the value"
        );
        s.spawn(async { 7 }).await
    }));
    assert_eq!(outcome.await, Ok(7));
}

on_every_runtime!(
    every_other_child_is_dropped_when_a_cancelled_child_panics_in_its_destructor,
    of_three_destructors_that_panic_one_surfaces_and_everything_is_dropped,
    a_finished_child_that_panics_in_its_destructor_has_panicked,
    in_a_settled_scope_it_ends_no_other,
    a_policy_that_panics_when_it_is_told_does_not_hide_it,
    a_value_whose_destructor_panics_is_dropped_with_its_task,
);
polled_on_every_runtime!(
    a_destructor_that_cancels_a_task_while_it_unwinds_survives_a_waker_that_panics,
    dropping_the_scope_drops_the_children_older_than_the_one_that_panics,
    dropping_a_scope_during_a_panic_does_not_abort_the_process,
    the_destructor_of_the_body_that_panics_keeps_no_child_from_being_dropped,
);
