//! With the feature `deep-nesting` scopes nest deeper than the stack of their thread.
#![forbid(unsafe_code)]

use std::{
    future::pending,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::once};
use purview::{CancelToken, current, fail_fast, gather, gather_stream, scope, shield, timeout};
use purview_tests::{Gate, Log, TestClock, by_hand, watched};

const STACK: usize = 256 * 1024;
const SCOPES: usize = 1_000;

/// Each level is a scope, a timeout or a gather; the last one waits for what is given.
fn nested(levels: usize, innermost: BoxFuture<'static, ()>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        match levels % 3 {
            _ if levels == 0 => innermost.await,
            0 => {
                let _ = timeout(Duration::from_secs(3600), nested(levels - 1, innermost)).await;
            }
            1 => {
                let inner = nested(levels - 1, innermost).map(Ok::<_, ()>);
                drop(gather([inner]).settled().await);
            }
            _ => scope(async |s| s.spawn(nested(levels - 1, innermost)).await).await,
        }
    })
}

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let worker = thread::Builder::new().stack_size(STACK).spawn(test).expect("a thread");
    worker.join().expect("it holds");
}

/// Nothing but levels of one kind.
type Level = fn(BoxFuture<'static, ()>) -> BoxFuture<'static, ()>;

const LEVELS: [Level; 6] = [
    |inner| Box::pin(async { scope(async |s| s.spawn(inner).await).await }),
    |inner| Box::pin(async { scope(async |s| s.defer(inner)).await }),
    |inner| Box::pin(timeout(Duration::from_secs(3600), inner).map(drop)),
    |inner| Box::pin(gather([inner.map(Ok::<_, ()>)]).settled().map(drop)),
    |inner| {
        Box::pin(
            gather_stream(once(inner).map(async |()| Ok::<_, ()>(())))
                .settled()
                .map(drop),
        )
    },
    // The call with the one result.
    |inner| {
        let mut inner = Some(inner);
        Box::pin(gather([async { Ok::<_, ()>(()) }]).for_each(move |_, _| inner.take().expect("there is one result")))
    },
];

fn a_thousand_of_each(innermost: impl Fn() -> BoxFuture<'static, ()>, test: impl Fn(BoxFuture<'static, ()>)) {
    for level in LEVELS {
        test((0..SCOPES).fold(innermost(), |inner, _| level(inner)));
    }
}

#[test]
fn a_future_in_a_thousand_of_each_kind_is_woken() {
    on_a_small_stack(|| {
        let gate = Gate::new();
        a_thousand_of_each(
            || Box::pin(gate.wait()),
            |nest| {
                let mut run = by_hand(nest);
                assert!(run.poll_until_idle().is_pending());
                let before = run.wakes();
                gate.wake();
                assert_eq!(run.wakes() - before, 1);
                assert!(run.poll_until_idle().is_pending());
            },
        );
    });
}

#[test]
fn a_thousand_of_each_kind_are_dropped() {
    on_a_small_stack(|| {
        let alive = Arc::new(());
        a_thousand_of_each(
            || {
                let kept = alive.clone();
                Box::pin(async move {
                    pending::<()>().await;
                    drop(kept);
                })
            },
            |nest| {
                let mut run = by_hand(nest);
                assert!(run.poll_until_idle().is_pending());
                drop(run);
                assert_eq!(Arc::strong_count(&alive), 1);
            },
        );
    });
}

#[test]
fn a_thousand_scopes_are_polled_cancelled_and_cleaned_up() {
    on_a_small_stack(|| {
        let (token, log) = (CancelToken::new(), Log::new());
        let inner = log.clone();
        let innermost = Box::pin(scope(async |s| {
            s.defer(async move { inner.note("tidied up") });
            pending::<()>().await;
        }));
        let mut run = by_hand(fail_fast::<()>().cancel_on(&token).run(async |_| {
            nested(SCOPES, innermost).await;
            Ok(())
        }));
        assert!(run.poll_until_idle().is_pending());
        token.cancel();
        drop(run.finish());
        assert_eq!(log.entries(), ["tidied up"]);
    });
}

#[test]
fn a_thousand_scopes_are_dropped() {
    on_a_small_stack(|| {
        let alive = Arc::new(());
        let kept = alive.clone();
        let mut run = by_hand(scope(async |_| {
            nested(
                SCOPES,
                Box::pin(shield(async move {
                    pending::<()>().await;
                    drop(kept);
                })),
            )
            .await;
        }));
        assert!(run.poll_until_idle().is_pending());
        drop(run);
        assert_eq!(Arc::strong_count(&alive), 1);
    });
}

#[test]
fn a_handle_of_the_innermost_outlives_a_thousand_scopes() {
    on_a_small_stack(|| {
        let kept = Arc::new(Mutex::new(None));
        let slot = kept.clone();
        let innermost = Box::pin(async move {
            let (service, driver) = fail_fast::<()>().open();
            let task = service.spawn(async { Ok(current().expect("a task").name().len()) });
            service.close();
            *slot.lock().expect("not poisoned") = Some(service);
            driver.await.expect("no child fails");
            assert!(task.await > 0);
        });
        by_hand(scope(async |_| nested(SCOPES, innermost).await)).finish();
        drop(kept.lock().expect("not poisoned").take().expect("it was put there"));
    });
}

/// One walk over all that is below at each level would take some minutes for so many, longer than a test may.
const VERY_MANY: usize = 20_000;

fn very_many_scopes() -> BoxFuture<'static, ()> {
    (0..VERY_MANY).fold(Box::pin(pending()), |inner, _| Box::pin(scope(async |_| inner.await)))
}

#[test]
fn dropping_very_many_scopes_costs_each_of_them_the_same() {
    watched(|| {
        on_a_small_stack(|| {
            let mut run = by_hand(very_many_scopes());
            assert!(run.poll_until_idle().is_pending());
        });
    });
}

#[test]
fn cancelling_very_many_scopes_costs_each_of_them_the_same() {
    watched(|| {
        on_a_small_stack(|| {
            let token = CancelToken::new();
            let mut run = by_hand(fail_fast::<()>().cancel_on(&token).run(async |_| {
                very_many_scopes().await;
                Ok(())
            }));
            assert!(run.poll_until_idle().is_pending());
            token.cancel();
            assert!(run.finish().is_err());
        });
    });
}

/// The name of each scope is that of the task around it, which is that of its scope.
#[test]
fn what_is_known_of_the_innermost_task_outlives_very_many_scopes() {
    watched(|| {
        on_a_small_stack(|| {
            let kept = Arc::new(Mutex::new(None));
            let slot = kept.clone();
            let innermost: BoxFuture<'static, ()> = Box::pin(async move {
                *slot.lock().expect("not poisoned") = current();
            });
            let nest = (0..VERY_MANY).fold(innermost, |inner, _| Box::pin(scope(async |_| inner.await)));
            by_hand(nest).finish();
            let task = kept.lock().expect("not poisoned").take().expect("it was put there");
            assert!(task.location().is_some());
            drop(task);
        });
    });
}

/// All of them are given time, and then dropped from the outside in.
#[test]
fn scopes_that_a_shutdown_has_given_time_are_cut_at_its_end() {
    on_a_small_stack(|| {
        let (clock, log) = (TestClock::new(), Log::new());
        let (open, driver) = fail_fast::<()>().runtime(clock.clone()).open();
        let mut driver = by_hand(driver);
        let innermost = Box::pin(log.traced("innermost", pending::<()>()));
        open.spawn(nested(SCOPES, innermost).map(Ok));
        assert!(driver.poll_until_idle().is_pending());
        let mut report = by_hand(open.shutdown(Duration::from_secs(10)));
        assert!(report.poll().is_pending() && driver.poll_until_idle().is_pending());
        clock.advance(Duration::from_secs(9));
        assert!(driver.poll_until_idle().is_pending());
        assert!(!log.has("innermost dropped"));
        clock.advance(Duration::from_secs(1));
        drop(driver.finish());
        assert!(log.has("innermost dropped"));
        assert_eq!(report.finish().cut.len(), 1);
    });
}
