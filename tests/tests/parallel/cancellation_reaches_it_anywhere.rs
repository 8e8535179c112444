//! A parallel child that is cancelled is dropped before its scope is told, on whatever executor it was.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use purview::{CancelReason, TaskError, cancelled, checkpoint, fail_fast, settled, shield};
use purview_tests::{
    AnyRuntime, CallsOnDrop, Gate, HandExecutor, Log, PollCount, by_hand, served_by_every_runtime, yields,
};

fn child(log: &Log, polls: &PollCount) -> impl Future<Output = Result<(), &'static str>> + Send + use<> {
    let guard = log.on_drop("child");
    polls.of(async move {
        let _guard = guard;
        pending().await
    })
}

#[test]
fn one_that_is_queued_is_dropped_before_the_scope_future_is() {
    let (executor, log, polls) = (HandExecutor::new(), Log::new(), PollCount::new());
    let child = child(&log, &polls);
    let mut run = by_hand(fail_fast::<&str>().runtime(executor.clone()).run(async |s| {
        drop(s.spawn_parallel(child));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    drop(run);
    assert_eq!(log.entries(), ["child dropped"]);
    executor.run();
    assert_eq!(
        (polls.get(), executor.futures()),
        (0, 0),
        "the executor finds nothing to poll, and is done with it"
    );
}

#[test]
fn one_that_is_idle_is_dropped_before_the_scope_future_is() {
    let (executor, log, polls) = (HandExecutor::new(), Log::new(), PollCount::new());
    let child = child(&log, &polls);
    let mut run = by_hand(fail_fast::<&str>().runtime(executor.clone()).run(async |s| {
        drop(s.spawn_parallel(child));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    executor.run();
    assert_eq!((polls.get(), executor.futures()), (1, 1));
    drop(run);
    assert_eq!(log.entries(), ["child dropped"]);
    executor.run();
    assert_eq!(
        (polls.get(), executor.futures()),
        (1, 0),
        "the executor's task is woken, and ends"
    );
}

#[test]
fn one_that_the_executor_never_heard_of_is_dropped_too() {
    let (executor, log, polls) = (HandExecutor::new(), Log::new(), PollCount::new());
    let child = child(&log, &polls);
    let run = fail_fast::<&str>().runtime(executor.clone()).run(|s| {
        drop(s.spawn_parallel(child));
        async { Ok(()) }
    });
    drop(run);
    assert_eq!(log.entries(), ["child dropped"]);
    assert_eq!((polls.get(), executor.futures()), (0, 0));
}

/// `JoinSet` aborts, and its tasks are dropped some time later.
async fn all_that_are_idle_are_dropped_when_the_drop_of_the_scope_returns(runtime: AnyRuntime) {
    const CHILDREN: usize = 100;
    /// As many may just be in the poll in which they said that they had started: one on each thread there is.
    const POLLED: usize = 2;
    let (started, gone) = (Gate::new(), Gate::new());
    let (left, alive) = (
        Arc::new(AtomicUsize::new(CHILDREN)),
        Arc::new(AtomicUsize::new(CHILDREN)),
    );
    let (wait, all_gone, still_alive) = (started.wait(), gone.wait(), alive.clone());
    let run = fail_fast::<&str>().runtime(runtime).run(async move |s| {
        for _ in 0..CHILDREN {
            let (started, left, gone, alive) = (started.clone(), left.clone(), gone.clone(), alive.clone());
            let guard = CallsOnDrop(move || {
                if alive.fetch_sub(1, SeqCst) == 1 {
                    gone.open();
                }
            });
            drop(s.spawn_parallel(async move {
                let _guard = guard;
                if left.fetch_sub(1, SeqCst) == 1 {
                    started.open();
                }
                pending::<Result<(), _>>().await
            }));
        }
        pending::<Result<(), _>>().await
    });
    drop(futures::future::select(wait, run).await);
    let alive = still_alive.load(SeqCst);
    assert!(alive <= POLLED, "{alive} of {CHILDREN}");
    all_gone.await;
}

async fn a_task_that_is_cancelled_ends_alone(runtime: AnyRuntime) {
    let log = Log::new();
    let out = settled::<&str>().runtime(runtime).run(async |s| {
        let (says, started) = futures::channel::oneshot::channel();
        let guard = log.on_drop("child");
        let task = s.spawn_parallel(async move {
            let _guard = guard;
            says.send(()).unwrap();
            pending::<Result<(), _>>().await
        });
        let sibling = s.spawn_parallel(async {
            yields(20).await;
            Ok(7)
        });
        started.await.unwrap();
        task.cancel();
        task.cancel();
        let seen = log.clone();
        assert!(matches!(
            task.await,
            Err(TaskError::Cancelled(CancelReason::Requested(None)))
        ));
        assert!(seen.has("child dropped"));
        assert!(!s.is_cancelled());
        Ok(sibling.await.unwrap())
    });
    let settlement = out.await.unwrap();
    assert_eq!((settlement.value, settlement.stopped), (7, None));
}

async fn one_that_is_cancelled_before_it_was_given_away_is_never_polled(runtime: AnyRuntime) {
    let polls = PollCount::new();
    let counted = polls.of(pending::<Result<(), &str>>());
    let out = settled::<&str>().runtime(runtime).run(async |s| {
        let task = s.spawn_parallel(counted);
        task.cancel();
        assert!(matches!(
            task.await,
            Err(TaskError::Cancelled(CancelReason::Requested(None)))
        ));
        Ok(())
    });
    assert!(out.await.is_ok());
    assert_eq!(polls.get(), 0);
}

async fn one_spawned_into_a_cancelled_scope_is_never_polled(runtime: AnyRuntime) {
    let (polls, log) = (PollCount::new(), Log::new());
    let (counted, guard) = (polls.of(pending::<Result<(), &str>>()), log.on_drop("child"));
    let out = settled::<&str>().runtime(runtime).run(async |s| {
        s.cancel_with("enough");
        let task = s.spawn_parallel(async move {
            let _guard = guard;
            counted.await
        });
        assert!(log.has("child dropped"), "before `spawn` returned");
        let why = CancelReason::Requested(Some("enough".into()));
        assert!(matches!(task.await, Err(TaskError::Cancelled(reason)) if reason == why));
        Ok(())
    });
    assert!(out.await.is_ok());
    assert_eq!(polls.get(), 0);
}

async fn one_that_holds_cleans_up_on_its_executor(runtime: AnyRuntime) {
    let log = Log::new();
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let (says, started) = futures::channel::oneshot::channel();
        let noted = log.clone();
        drop(s.spawn_parallel(async move {
            let _guard = noted.on_drop("holder");
            says.send(()).unwrap();
            cancelled().await;
            shield(yields(10)).await;
            noted.note("cleaned up");
            checkpoint().await;
            noted.note("went on after the shield");
            Ok(())
        }));
        started.await.unwrap();
        Err::<(), _>("no")
    });
    assert_eq!(out.await.expect_err("the body failed").into_failure(), Some("no"));
    assert_eq!(log.entries(), ["cleaned up", "holder dropped"]);
}

async fn a_scope_nested_in_it_finalizes(runtime: AnyRuntime) {
    let log = Log::new();
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let (says, started) = futures::channel::oneshot::channel();
        let noted = log.clone();
        drop(s.spawn_parallel(async move {
            let nested = fail_fast::<&str>().run(async |inner| {
                let finalizer = noted.clone();
                inner.defer(async move {
                    yields(5).await;
                    finalizer.note("finalized");
                });
                says.send(()).unwrap();
                pending::<Result<(), _>>().await
            });
            nested.await.map_err(|_| "cut")
        }));
        started.await.unwrap();
        s.cancel();
        Ok(())
    });
    drop(out.await);
    assert_eq!(log.entries(), ["finalized"]);
}

#[test]
fn one_that_holds_is_dropped_when_the_grace_is_over() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let noted = log.clone();
    let builder = fail_fast::<&str>()
        .runtime(executor.clone())
        .grace(Duration::from_secs(1));
    let mut run = by_hand(builder.run(async |s| {
        drop(s.spawn_parallel(async move {
            let _guard = noted.on_drop("holder");
            shield(pending::<Result<(), _>>()).await
        }));
        yields(1).await;
        Err::<(), _>("no")
    }));
    assert!(run.poll().is_pending());
    executor.run();
    assert!(run.poll_until_idle().is_pending());
    assert!(log.entries().is_empty());
    executor.clock().advance(Duration::from_secs(1));
    assert_eq!(run.finish().expect_err("the body failed").into_failure(), Some("no"));
    assert_eq!(log.entries(), ["holder dropped"]);
    executor.run();
    assert_eq!(executor.futures(), 0);
}

#[test]
fn one_that_holds_and_is_cancelled_alone_has_the_grace_of_its_scope() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let noted = log.clone();
    let builder = settled::<&str>()
        .runtime(executor.clone())
        .grace(Duration::from_secs(1));
    let mut run = by_hand(builder.run(async |s| {
        let task = s.spawn_parallel(async move {
            let _guard = noted.on_drop("holder");
            shield(pending::<Result<(), _>>()).await
        });
        yields(1).await;
        task.cancel();
        Ok(matches!(
            task.await,
            Err(TaskError::Cancelled(CancelReason::Requested(None)))
        ))
    }));
    assert!(run.poll().is_pending());
    executor.run();
    assert!(run.poll_until_idle().is_pending());
    assert!(log.entries().is_empty());
    executor.clock().advance(Duration::from_secs(1));
    assert!(run.finish().unwrap().value);
    assert_eq!(log.entries(), ["holder dropped"]);
}

served_by_every_runtime!(
    all_that_are_idle_are_dropped_when_the_drop_of_the_scope_returns,
    a_task_that_is_cancelled_ends_alone,
    one_that_is_cancelled_before_it_was_given_away_is_never_polled,
    one_spawned_into_a_cancelled_scope_is_never_polled,
    one_that_holds_cleans_up_on_its_executor,
    a_scope_nested_in_it_finalizes,
);
