//! A closure that runs, and a parallel child that another thread is polling, are waited for whatever ends the scope around
//! them; only dropping it does not wait.

use std::{future::pending, pin::pin, time::Duration};

use futures::FutureExt;
use purview::{Builder, FailFast, Scope, gather, settled, timeout};
use purview_tests::{Gate, HandExecutor, Log, by_hand, polled_on_every_runtime_and_in_virtual_time};

use crate::work::{on, work};

const HOUR: Duration = Duration::from_secs(60 * 60);

type Built = Builder<FailFast<&'static str>>;

/// Ends a scope, in whose child the work runs, in one of several ways; it resolves when the work has ended.
fn is_waited_for_when(end: impl Fn(&Scope<'_, FailFast<&'static str>>, &HandExecutor), built: fn(Built) -> Built) {
    for parallel in [false, true] {
        let (executor, slot) = (HandExecutor::new(), std::sync::Mutex::new(None));
        let (work, control) = work(parallel);
        let mut run = by_hand(built(on(&executor)).run(async |s| {
            s.spawn(work.in_a_scope().map(Ok));
            *slot.lock().unwrap() = Some(s.clone());
            pending::<Result<(), _>>().await
        }));
        assert!(run.poll_until_idle().is_pending());
        let handle = slot.lock().unwrap().take().expect("the body ran");
        control.while_it_runs(&executor, || {
            end(&handle, &executor);
            assert!(
                run.poll_until_idle().is_pending(),
                "parallel {parallel}: the scope goes on while its work runs"
            );
        });
        assert!(run.finish().is_err());
    }
}

fn when_the_scope_is_cancelled() {
    is_waited_for_when(|s, _| s.cancel(), |built| built);
}

fn when_the_deadline_has_come() {
    is_waited_for_when(
        |_, executor| executor.clock().advance(HOUR),
        |built| built.timeout(HOUR),
    );
}

fn when_there_is_no_grace() {
    is_waited_for_when(|s, _| s.cancel(), |built| built.grace(Duration::ZERO));
}

fn when_the_grace_is_over() {
    let cancels = |s: &Scope<'_, FailFast<&'static str>>, executor: &HandExecutor| {
        s.cancel();
        executor.clock().advance(2 * HOUR);
    };
    is_waited_for_when(cancels, |built| built.grace(HOUR));
}

/// When the grace is over every future is dropped, and only what runs elsewhere is still waited for.
fn when_the_grace_is_over_the_futures_around_it_are_dropped() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (work, control) = work(false);
    let fail = Gate::new();
    let mut run = by_hand(on(&executor).grace(HOUR).run(async |s| {
        let guard = log.on_drop("child");
        s.spawn(async {
            let _guard = guard;
            work.in_a_scope().await;
            Ok(())
        });
        fail.wait().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    control.while_it_runs(&executor, || {
        fail.open();
        assert!(run.poll_until_idle().is_pending());
        assert!(!log.has("child dropped"), "it holds");
        executor.clock().advance(HOUR);
        assert!(run.poll_until_idle().is_pending());
        assert!(log.has("child dropped"), "the grace is over");
    });
    assert!(run.finish().is_err());
}

fn by_a_shutdown_without_grace() {
    for parallel in [false, true] {
        let executor = HandExecutor::new();
        let (work, control) = work(parallel);
        let (service, driver) = settled::<()>().runtime(executor.clone()).open();
        let mut driver = by_hand(driver);
        drop(service.task().name("child").spawn(work.in_a_scope().map(Ok)));
        assert!(driver.poll_until_idle().is_pending());
        let mut shutdown = by_hand(service.shutdown(Duration::ZERO));
        control.while_it_runs(&executor, || {
            assert!(shutdown.poll().is_pending());
            assert!(driver.poll_until_idle().is_pending(), "parallel {parallel}");
        });
        assert!(driver.finish().is_ok());
        let cut = shutdown.finish().cut;
        assert!(
            cut.iter().any(|task| task.name() == "child"),
            "parallel {parallel}: {cut:?}"
        );
    }
}

/// A task that is cancelled alone resolves when what it has started has ended.
fn by_the_task_that_is_cancelled_alone() {
    for parallel in [false, true] {
        let (executor, cancel, log) = (HandExecutor::new(), Gate::new(), Log::new());
        let (work, control) = work(parallel);
        let mut run = by_hand(settled::<()>().runtime(executor.clone()).run(async |s| {
            let task = s.spawn(work.in_a_scope().map(Ok));
            cancel.wait().await;
            task.cancel();
            drop(task.await);
            log.note("resolved");
            Ok(())
        }));
        assert!(run.poll_until_idle().is_pending());
        control.while_it_runs(&executor, || {
            cancel.open();
            assert!(run.poll_until_idle().is_pending());
            assert!(!log.has("resolved"), "parallel {parallel}");
        });
        assert!(run.finish().is_ok());
        assert!(log.has("resolved"));
    }
}

/// A timeout over a scope that has work on another thread is as late as the work.
fn by_a_timeout_that_has_expired() {
    for parallel in [false, true] {
        let executor = HandExecutor::new();
        let (work, control) = work(parallel);
        let mut run = by_hand(on(&executor).run(async |_| {
            let _ = timeout(HOUR, work.in_a_scope()).await;
            Ok(())
        }));
        assert!(run.poll_until_idle().is_pending());
        control.while_it_runs(&executor, || {
            executor.clock().advance(HOUR);
            assert!(run.poll_until_idle().is_pending(), "parallel {parallel}");
        });
        assert!(run.finish().is_ok());
    }
}

fn by_a_gather_in_which_another_member_fails() {
    for parallel in [false, true] {
        let (executor, fail) = (HandExecutor::new(), Gate::new());
        let (work, control) = work(parallel);
        let members = [
            work.in_a_scope().map(Ok).boxed(),
            fail.wait().map(|()| Err("no")).boxed(),
        ];
        let mut all = by_hand(gather(members).runtime(executor.clone()));
        assert!(all.poll_until_idle().is_pending());
        control.while_it_runs(&executor, || {
            fail.open();
            assert!(all.poll_until_idle().is_pending(), "parallel {parallel}");
        });
        assert_eq!(all.finish().expect_err("one failed").into_failure(), Some("no"));
    }
}

/// It cancels nothing: it stops polling, and what it polled goes on.
fn but_a_timeout_over_a_reference_does_not_wait() {
    for parallel in [false, true] {
        let (executor, log) = (HandExecutor::new(), Log::new());
        let (work, control) = work(parallel);
        let mut run = by_hand(on(&executor).run(async |_| {
            let mut inner = pin!(work.in_a_scope());
            assert!(timeout(HOUR, &mut inner).await.is_err());
            log.note("late");
            inner.await;
            log.note("ended");
            Ok(())
        }));
        assert!(run.poll_until_idle().is_pending());
        control.while_it_runs(&executor, || {
            executor.clock().advance(HOUR);
            assert!(run.poll_until_idle().is_pending());
            assert_eq!(log.entries(), ["late"], "parallel {parallel}");
        });
        assert!(run.finish().is_ok());
        assert_eq!(log.entries(), ["late", "ended"]);
    }
}

/// Dropping never waits: the closure outlives that.
fn but_dropping_the_scopes_future_does_not_wait() {
    for parallel in [false, true] {
        let executor = HandExecutor::new();
        let (work, control) = work(parallel);
        let mut run = by_hand(on(&executor).run(async |s| {
            s.spawn(work.in_a_scope().map(Ok));
            pending::<Result<(), _>>().await
        }));
        assert!(run.poll_until_idle().is_pending());
        control.while_it_runs(&executor, || drop(run));
    }
}

polled_on_every_runtime_and_in_virtual_time!(
    when_the_scope_is_cancelled,
    when_the_deadline_has_come,
    when_there_is_no_grace,
    when_the_grace_is_over,
    when_the_grace_is_over_the_futures_around_it_are_dropped,
    by_a_shutdown_without_grace,
    by_the_task_that_is_cancelled_alone,
    by_a_timeout_that_has_expired,
    by_a_gather_in_which_another_member_fails,
    but_a_timeout_over_a_reference_does_not_wait,
    but_dropping_the_scopes_future_does_not_wait,
);
