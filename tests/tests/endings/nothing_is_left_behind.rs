//! A closure that runs, and a parallel child that another thread is polling, hold everything that is awaited around them.

use std::{
    future::pending,
    pin::pin,
    sync::mpsc::{self, Receiver, Sender},
    thread,
    time::Duration,
};

use futures::{
    FutureExt,
    future::{Either, select},
};
use purview::{
    Builder, FailFast, JoinAll, Scope, cancelled, checkpoint, fail_fast, gather, gather_stream, retry, scope, settled,
    timeout,
};
use purview_tests::{Gate, HandExecutor, by_hand, on_every_runtime, polled_on_every_runtime_and_in_virtual_time};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Work on another thread, in one of two shapes, that goes on until the test lets it end.
struct Work {
    says: Sender<()>,
    goes: Receiver<()>,
    parallel: bool,
}

/// The test's end of it.
struct Control {
    entered: Receiver<()>,
    lets: Sender<()>,
    parallel: bool,
}

fn work(parallel: bool) -> (Work, Control) {
    let ((says, entered), (lets, goes)) = (mpsc::channel(), mpsc::channel());
    (
        Work { says, goes, parallel },
        Control {
            entered,
            lets,
            parallel,
        },
    )
}

impl Work {
    fn spawn_in(self, s: &Scope<'_, JoinAll>) {
        let Self { says, goes, parallel } = self;
        let run = move || {
            says.send(()).expect("the test waits for it");
            // An error is a test that has failed already.
            let _ = goes.recv();
        };
        if parallel {
            s.spawn_parallel(async move { run() });
        } else {
            s.spawn_blocking(move |_| run());
        }
    }

    /// A scope that has this work.
    async fn in_a_scope(self) {
        scope(async |s| self.spawn_in(&s)).await;
    }
}

impl Control {
    /// Has a thread of the executor run the work, does `then` while it runs, and lets it end.
    fn while_it_runs<R>(&self, executor: &HandExecutor, then: impl FnOnce() -> R) -> R {
        let (elsewhere, parallel) = (executor.clone(), self.parallel);
        let thread = thread::spawn(move || {
            if parallel {
                elsewhere.run_one();
            } else {
                elsewhere.run_closure();
            }
        });
        self.entered.recv().expect("it begins");
        let done = then();
        self.lets.send(()).expect("it waits");
        thread.join().expect("the executor's thread does not panic");
        done
    }
}

fn on(executor: &HandExecutor) -> Builder<FailFast<&'static str>> {
    fail_fast().runtime(executor.clone())
}

/// A scope fails while the work, somewhere in a child of it, runs: it resolves when the work has ended, and not before.
fn is_waited_for<F>(child: impl Fn(Work) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    for parallel in [false, true] {
        let (executor, fail) = (HandExecutor::new(), Gate::new());
        let (work, control) = work(parallel);
        let mut run = by_hand(on(&executor).run(async |s| {
            s.spawn(child(work).map(Ok));
            fail.wait().await;
            Err::<(), _>("no")
        }));
        assert!(run.poll_until_idle().is_pending());
        control.while_it_runs(&executor, || {
            fail.open();
            assert!(
                run.poll_until_idle().is_pending(),
                "parallel {parallel}: the scope goes on while its work runs"
            );
        });
        assert_eq!(run.finish().expect_err("the body failed").into_failure(), Some("no"));
    }
}

fn of_a_nested_scope() {
    is_waited_for(Work::in_a_scope);
}

fn two_scopes_further_in() {
    is_waited_for(|work| scope(async |s| s.spawn(scope(async |t| t.spawn(work.in_a_scope()).await)).await));
}

fn in_the_body_of_a_nested_scope() {
    is_waited_for(|work| scope(async |_| work.in_a_scope().await));
}

fn beside_a_body_that_goes_on() {
    is_waited_for(|work| {
        scope(async |s| {
            work.spawn_in(&s);
            pending::<()>().await;
        })
    });
}

fn in_a_timeout() {
    is_waited_for(|work| timeout(HOUR, work.in_a_scope()).map(drop));
}

fn in_timeouts_around_scopes() {
    is_waited_for(|work| {
        timeout(
            HOUR,
            scope(async |s| s.spawn(timeout(HOUR, work.in_a_scope())).await.is_ok()),
        )
        .map(drop)
    });
}

fn in_a_member_of_a_gather() {
    is_waited_for(|work| gather([work.in_a_scope().map(Ok::<_, ()>)]).map(drop));
}

fn in_a_member_of_a_gather_of_different_types() {
    is_waited_for(|work| purview::gather!(work.in_a_scope().map(Ok::<_, ()>), pending::<Result<u8, ()>>()).map(drop));
}

fn in_a_member_of_a_gather_of_a_stream() {
    is_waited_for(|work| {
        gather_stream(futures::stream::iter([work.in_a_scope().map(Ok::<_, ()>)]))
            .settled()
            .map(drop)
    });
}

fn in_the_closure_of_a_for_each() {
    is_waited_for(|work| {
        let mut work = Some(work);
        gather([async { Ok::<_, ()>(()) }])
            .for_each(move |_, _| work.take().map(Work::in_a_scope).expect("once"))
            .map(drop)
    });
}

fn beside_other_branches_of_a_select() {
    is_waited_for(
        async |work| match select(pin!(work.in_a_scope()), pending::<()>()).await {
            Either::Left(_) => (),
            Either::Right((never, _)) => never,
        },
    );
}

fn in_the_operation_of_a_retry() {
    is_waited_for(|work| {
        let mut work = Some(work);
        let operation = move || work.take().map(Work::in_a_scope).expect("once").map(Ok::<_, ()>);
        retry([HOUR; 3], operation).map(drop)
    });
}

fn in_the_driver_of_an_open_scope() {
    is_waited_for(|work| {
        let (service, driver) = settled::<()>().open();
        drop(service.spawn(work.in_a_scope().map(Ok)));
        service.close();
        driver.map(drop)
    });
}

/// Ends a scope, in whose child the work runs, in one of several ways; it resolves when the work has ended.
fn is_waited_for_when(
    end: impl Fn(&Scope<'_, FailFast<&'static str>>, &HandExecutor),
    built: fn(Builder<FailFast<&'static str>>) -> Builder<FailFast<&'static str>>,
) {
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
    let (executor, log) = (HandExecutor::new(), purview_tests::Log::new());
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
        let (executor, cancel, log) = (HandExecutor::new(), Gate::new(), purview_tests::Log::new());
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

/// On the threads of the runtimes themselves.
async fn on_the_pool_of_the_runtime() {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    };
    let over = Arc::new(AtomicBool::new(false));
    let (says, begun) = futures::channel::oneshot::channel();
    let done = over.clone();
    let out = fail_fast().run(async |s| {
        s.spawn(async {
            scope(async |t| {
                t.spawn_blocking(move |token| {
                    says.send(()).expect("the sibling waits");
                    while !token.is_cancelled() {
                        thread::yield_now();
                    }
                    // Longer than it takes to resolve without waiting.
                    thread::sleep(Duration::from_millis(50));
                    done.store(true, SeqCst);
                });
                cancelled().await;
                checkpoint().await;
            })
            .await;
            Ok(())
        });
        begun.await.map_err(|_| "it did not begin")?;
        Err::<(), _>("no")
    });
    assert_eq!(out.await.expect_err("the body failed").into_failure(), Some("no"));
    assert!(over.load(SeqCst), "the function goes on while its closure runs");
}

polled_on_every_runtime_and_in_virtual_time!(
    of_a_nested_scope,
    two_scopes_further_in,
    in_the_body_of_a_nested_scope,
    beside_a_body_that_goes_on,
    in_a_timeout,
    in_timeouts_around_scopes,
    in_a_member_of_a_gather,
    in_a_member_of_a_gather_of_different_types,
    in_a_member_of_a_gather_of_a_stream,
    in_the_closure_of_a_for_each,
    beside_other_branches_of_a_select,
    in_the_operation_of_a_retry,
    in_the_driver_of_an_open_scope,
    when_the_scope_is_cancelled,
    when_the_deadline_has_come,
    when_there_is_no_grace,
    when_the_grace_is_over,
    when_the_grace_is_over_the_futures_around_it_are_dropped,
    by_a_shutdown_without_grace,
    by_the_task_that_is_cancelled_alone,
    by_a_timeout_that_has_expired,
    by_a_gather_in_which_another_member_fails,
    but_dropping_the_scopes_future_does_not_wait,
);
on_every_runtime!(on_the_pool_of_the_runtime);
