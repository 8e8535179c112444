//! A closure that runs, and a parallel child that another thread is polling, hold everything that is awaited around them,
//! wherever they were started.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    thread,
    time::Duration,
};

use futures::{
    FutureExt,
    future::{Either, select},
};
use purview::{
    CancelToken, FailFast, Ready, Scope, cancelled, checkpoint, fail_fast, gather, gather_stream, retry, scope,
    settled, timeout,
};
use purview_tests::{
    Gate, HandExecutor, PanicsOnDrop, by_hand, on_every_runtime, polled_on_every_runtime_and_in_virtual_time,
};

use crate::work::{Work, on, work};

const HOUR: Duration = Duration::from_secs(60 * 60);

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

/// A child that is dropped while the work in it runs, however it goes.
fn is_waited_for_when_it_is_cut(child: impl AsyncFn(Scope<'static, FailFast<&'static str>>, Work)) {
    for parallel in [false, true] {
        let (executor, token) = (HandExecutor::new(), CancelToken::new());
        let (work, control) = work(parallel);
        let scope = on(&executor).grace(Duration::ZERO).cancel_on(token.clone());
        let mut run = by_hand(scope.run(async |s| {
            child(s, work).await;
            Ok(())
        }));
        assert!(run.poll_until_idle().is_pending());
        control.while_it_runs(&executor, || {
            token.cancel();
            assert!(
                run.poll_until_idle().is_pending(),
                "parallel {parallel}: the scope goes on while its work runs"
            );
        });
        let ended = catch_unwind(AssertUnwindSafe(|| run.finish()));
        assert!(ended.is_err() || ended.is_ok_and(|out| out.is_err()));
    }
}

fn though_the_child_panics_as_it_is_dropped() {
    is_waited_for_when_it_is_cut(async |s, work| {
        let child = s.spawn(async {
            let _bomb = PanicsOnDrop("bomb");
            work.in_a_scope().await;
            Ok(())
        });
        child.await;
    });
}

fn though_the_body_panics_as_it_is_dropped() {
    is_waited_for_when_it_is_cut(async |_, work| {
        let _bomb = PanicsOnDrop("bomb");
        work.in_a_scope().await;
    });
}

fn though_what_a_timeout_drops_panics() {
    for parallel in [false, true] {
        let executor = HandExecutor::new();
        let (work, control) = work(parallel);
        let mut run = by_hand(on(&executor).grace(Duration::ZERO).run(async |_| {
            let inside = async {
                let _bomb = PanicsOnDrop("bomb");
                work.in_a_scope().await;
            };
            timeout(HOUR, inside).await.map_err(|_| "late")
        }));
        assert!(run.poll_until_idle().is_pending());
        control.while_it_runs(&executor, || {
            executor.clock().advance(HOUR);
            assert!(run.poll_until_idle().is_pending(), "parallel {parallel}");
        });
        assert!(catch_unwind(AssertUnwindSafe(|| run.finish())).is_err());
    }
}

fn though_a_finalizer_panics_as_it_is_dropped() {
    for parallel in [false, true] {
        let (executor, (work, control)) = (HandExecutor::new(), work(parallel));
        let mut run = by_hand(on(&executor).grace(HOUR).run(async |s| {
            s.defer(async move {
                let _bomb = PanicsOnDrop("bomb");
                work.in_a_scope().await;
            });
            Err::<(), _>("no")
        }));
        assert!(run.poll_until_idle().is_pending());
        control.while_it_runs(&executor, || {
            for _ in 0..2 {
                executor.clock().advance(HOUR);
                assert!(run.poll_until_idle().is_pending(), "parallel {parallel}");
            }
        });
        assert!(catch_unwind(AssertUnwindSafe(|| run.finish())).is_err());
    }
}

fn of_a_child_that_is_not_ready() {
    is_waited_for_when_it_is_cut(async |s, work| {
        let started = s.start(|_: Ready<()>| work.in_a_scope().map(Ok::<(), &str>));
        drop(started.await);
    });
}

polled_on_every_runtime_and_in_virtual_time!(
    though_the_child_panics_as_it_is_dropped,
    though_the_body_panics_as_it_is_dropped,
    though_what_a_timeout_drops_panics,
    though_a_finalizer_panics_as_it_is_dropped,
    of_a_child_that_is_not_ready,
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
);
on_every_runtime!(on_the_pool_of_the_runtime);
