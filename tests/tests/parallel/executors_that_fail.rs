//! Whatever becomes of the executor, the scope resolves and says why; no result is lost or comes twice.

use std::{future::pending, time::Duration};

use purview::{CancelReason, TaskError, fail_fast, scope, settled};
use purview_smol::Smol;
use purview_tests::{Gate, HandExecutor, Log, PollCount, by_hand, caught, embedded, yields};
use purview_tokio::Tokio;

fn thrown_away(reason: &CancelReason) -> bool {
    matches!(reason, CancelReason::Requested(Some(why)) if why.contains("the runtime dropped it"))
}

#[test]
fn a_child_thrown_away_before_its_first_poll_runs_in_the_scope() {
    let (executor, polls) = (HandExecutor::new(), PollCount::new());
    let counted = polls.of(yields(2));
    let mut run = by_hand(fail_fast::<&str>().runtime(executor.clone()).run(async |s| {
        let task = s.spawn_parallel(async {
            counted.await;
            Ok(7)
        });
        Ok(task.await)
    }));
    assert!(run.poll_until_idle().is_pending());
    let wakes = run.wakes();
    executor.shut_down();
    assert_eq!((polls.get(), run.wakes()), (0, wakes + 1));
    assert_eq!(run.finish().unwrap(), 7);
    assert_eq!(polls.get(), 3);
}

#[test]
fn a_child_thrown_away_after_its_first_poll_cancels_a_scope_that_has_no_value_for_it() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let guard = log.on_drop("child");
    let mut run = by_hand(fail_fast::<&str>().runtime(executor.clone()).run(async |s| {
        let task = s.spawn_parallel(async move {
            let _guard = guard;
            pending::<Result<(), _>>().await
        });
        task.await;
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    executor.run();
    executor.shut_down();
    assert_eq!(log.entries(), ["child dropped"]);
    let error = run.finish().expect_err("the child is lost");
    assert!(error.is_cancelled());
    assert!(thrown_away(error.reason()), "{error}");
    assert!(error.failures().is_empty());
}

#[test]
fn a_body_that_has_returned_does_not_hide_it() {
    let executor = HandExecutor::new();
    let mut run = by_hand(fail_fast::<&str>().runtime(executor.clone()).run(async |s| {
        drop(s.spawn_parallel(pending::<Result<(), _>>()));
        Ok(7)
    }));
    assert!(run.poll_until_idle().is_pending());
    executor.run();
    executor.shut_down();
    let error = run.finish().expect_err("a child is lost, and nothing else would tell");
    assert!(thrown_away(error.reason()), "{error}");
}

#[test]
fn it_comes_out_of_the_driver_of_an_open_scope() {
    let executor = HandExecutor::new();
    let (open, driver) = fail_fast::<&str>().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn_parallel(pending::<Result<(), _>>()));
    assert!(driver.poll_until_idle().is_pending());
    executor.run();
    executor.shut_down();
    let error = driver.finish().expect_err("a child is lost");
    assert!(thrown_away(error.reason()), "{error}");
}

#[test]
fn in_a_settled_scope_its_task_says_so_and_no_other_ends() {
    let executor = HandExecutor::new();
    let mut run = by_hand(settled::<&str>().runtime(executor.clone()).run(async |s| {
        let lost = s.spawn_parallel(pending::<Result<(), _>>());
        let sibling = s.spawn(async {
            yields(10).await;
            Ok(7)
        });
        let Err(TaskError::Cancelled(why)) = lost.await else {
            panic!("it has no value")
        };
        assert!(thrown_away(&why), "{why}");
        Ok(sibling.await.unwrap())
    }));
    assert!(run.poll().is_pending());
    executor.run();
    executor.shut_down();
    let settlement = run.finish().unwrap();
    assert_eq!((settlement.value, settlement.stopped), (7, None));
}

#[test]
fn in_a_scope_that_can_only_panic_it_panics() {
    let executor = HandExecutor::new();
    let runtime = executor.clone();
    let mut run = by_hand(caught(fail_fast::<&str>().runtime(runtime).run(async |_| {
        scope(async |s| s.spawn_parallel(pending::<()>()).await).await;
        Ok(())
    })));
    assert!(run.poll_until_idle().is_pending());
    executor.run();
    executor.shut_down();
    let message = run.finish().unwrap_err();
    assert!(
        message.contains("the runtime dropped it") && message.contains("fail_fast()"),
        "{message}"
    );
}

#[test]
fn many_in_flight_end_once_each() {
    let executor = HandExecutor::new();
    let mut run = by_hand(settled::<usize>().runtime(executor.clone()).run(async |s| {
        let tasks: Vec<_> = (0..100)
            .map(|i| {
                s.spawn_parallel(async move {
                    yields(i % 5).await;
                    if i % 2 == 0 { Ok(i) } else { pending().await }
                })
            })
            .collect();
        let mut ended = Vec::new();
        for task in tasks {
            ended.push(match task.await {
                Ok(i) => Some(i),
                Err(TaskError::Cancelled(why)) if thrown_away(&why) => None,
                Err(error) => panic!("{error}"),
            });
        }
        Ok(ended)
    }));
    assert!(run.poll_until_idle().is_pending());
    for _ in 0..150 {
        executor.run_one();
    }
    executor.shut_down();
    let ended = run.finish().unwrap().value;
    assert_eq!(ended.len(), 100);
    for (i, end) in ended.into_iter().enumerate() {
        // What was polled and pending is lost, what had ended is kept, what had not begun runs in the scope.
        assert!(end.is_none() || end == Some(i));
        assert!(i % 2 == 1 || i % 5 != 0 || end == Some(i), "{i}");
    }
}

#[test]
fn one_whose_destructor_panics_as_it_is_thrown_away_says_so() {
    let executor = HandExecutor::new();
    let bomb = purview_tests::PanicsOnDrop("thrown away");
    let mut run = by_hand(settled::<&str>().runtime(executor.clone()).run(async |s| {
        let task = s.spawn_parallel(async move {
            let _bomb = bomb;
            pending::<Result<(), _>>().await
        });
        match task.await {
            Err(TaskError::Panicked(panic)) => Ok(panic.message().map(str::to_owned)),
            other => panic!("{other:?}"),
        }
    }));
    assert!(run.poll_until_idle().is_pending());
    executor.run();
    executor.shut_down();
    assert_eq!(run.finish().unwrap().value.as_deref(), Some("thrown away"));
}

/// A scope that runs elsewhere, with parallel children on a tokio that is shut down under it.
#[test]
fn tokio_shut_down_with_children_in_flight() {
    embedded(|_| async {
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let (runtime, started) = (Tokio::new(tokio.handle().clone()), Gate::new());
        let (wait, inside) = (started.wait(), started.clone());
        let scope = settled::<&str>().runtime(runtime).run(async move |s| {
            let idle = s.spawn_parallel(async move {
                inside.open();
                pending::<Result<(), _>>().await
            });
            let Err(TaskError::Cancelled(why)) = idle.await else {
                panic!("it has no value")
            };
            assert!(thrown_away(&why), "{why}");
            // What comes after the end of the executor runs here.
            Ok(s.spawn_parallel(async { Ok(7) }).await.unwrap())
        });
        let shut_down = async {
            wait.await;
            tokio.shutdown_background();
        };
        let (out, ()) = futures::future::join(scope, shut_down).await;
        assert_eq!(out.unwrap().value, 7);
    });
}

#[test]
fn a_tokio_that_is_shut_down_already_has_its_children_run_in_the_scope() {
    embedded(|_| async {
        let tokio = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let runtime = Tokio::new(tokio.handle().clone());
        tokio.shutdown_background();
        let builder = fail_fast::<&str>().runtime(runtime).timeout(Duration::from_secs(60));
        let out = builder.run(async |s| {
            let here = std::thread::current().id();
            Ok(s.spawn_parallel(async move { Ok(std::thread::current().id() == here) })
                .await)
        });
        assert!(out.await.unwrap());
    });
}

#[test]
fn a_smol_executor_dropped_with_children_in_flight() {
    embedded(|_| async {
        let executor = std::sync::Arc::new(smol::Executor::new());
        let (runtime, polls) = (Smol::on(executor.clone()), PollCount::new());
        let counted = polls.of(pending::<Result<(), &str>>());
        let (open, driver) = settled::<&str>().runtime(runtime).open();
        let mut driver = by_hand(driver);
        let task = open.spawn_parallel(counted);
        assert!(driver.poll_until_idle().is_pending());
        assert!(executor.try_tick());
        assert_eq!(polls.get(), 1);
        // The adapter keeps the executor alive as long as the scope lives: nothing is dropped under it.
        drop(executor);
        assert!(driver.poll_until_idle().is_pending());
        assert!(!task.is_finished());
        task.cancel();
        assert!(driver.poll_until_idle().is_pending());
        assert!(matches!(
            by_hand(task).finish(),
            Err(TaskError::Cancelled(CancelReason::Requested(None)))
        ));
    });
}

#[test]
fn a_timer_that_never_fires_delays_a_deadline_until_the_next_wake() {
    let (executor, gate) = (HandExecutor::new(), Gate::new());
    let wait = gate.wait();
    let builder = fail_fast::<&str>()
        .runtime(DeadTimer(executor.clone()))
        .timeout(Duration::from_secs(1));
    let mut run = by_hand(builder.run(async |s| {
        drop(s.spawn_parallel(pending::<Result<(), _>>()));
        wait.await;
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    executor.run();
    executor.clock().advance(Duration::from_secs(2));
    assert!(run.poll_until_idle().is_ready(), "any poll sees that the time is up");
}

/// Tells the time, and wakes nothing.
struct DeadTimer(HandExecutor);

impl purview::Timer for DeadTimer {
    fn now(&self) -> std::time::Instant {
        self.0.now()
    }

    fn sleep_until(&self, _: std::time::Instant) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(pending())
    }
}

impl purview::Spawner for DeadTimer {
    fn spawn(&self, future: purview::BoxFuture) -> Result<(), purview::SpawnError> {
        self.0.spawn(future)
    }

    fn spawn_blocking(&self, closure: Box<dyn FnOnce() + Send>) -> Result<(), purview::SpawnError> {
        self.0.spawn_blocking(closure)
    }
}

#[test]
fn a_tokio_without_a_clock_runs_parallel_children_under_a_deadline() {
    purview_tests::tokio_without_time(async |runtime| {
        let builder = fail_fast::<&str>().runtime(runtime).timeout(Duration::from_millis(5));
        let out = builder.run(async |s| {
            assert_eq!(s.spawn_parallel(async { Ok(7) }).await, 7);
            s.spawn_parallel(pending::<Result<(), _>>()).await;
            Ok(())
        });
        assert!(out.await.expect_err("its time was up").is_deadline_exceeded());
    });
}
