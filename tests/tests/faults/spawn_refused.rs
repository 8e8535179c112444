//! An executor that does not take work, in every way it can: the work is done in the scope's own task, or its loss told.

use std::{future::pending, panic::AssertUnwindSafe};

use futures::FutureExt;
use purview::{CancelReason, TaskError, fail_fast, settled};
use purview_tests::{AnyRuntime, caught, yields};

use crate::{
    faulty::{Faulty, Work},
    live::Live,
};

const REFUSALS: [Work; 3] = [Work::Refuse, Work::Panic, Work::Drop];

/// A future that has not run is not lost.
async fn of_parallel_children(runtime: AnyRuntime) {
    for work in REFUSALS {
        let live = Live::new();
        let out = fail_fast::<&str>()
            .runtime(Faulty::with_work(runtime.clone(), work))
            .limit(2)
            .run(async |s| {
                let tasks: Vec<_> = (0..5)
                    .map(|i| s.spawn_parallel(live.within(yields(i).map(move |()| Ok(i)))))
                    .collect();
                let mut sum = 0;
                for task in tasks {
                    sum += task.await;
                }
                Ok(sum)
            });
        assert_eq!(out.await.ok(), Some(10), "{work:?}");
        live.assert_dropped(5);
    }
}

async fn of_parallel_children_that_panic_or_fail(runtime: AnyRuntime) {
    for work in REFUSALS {
        let live = Live::new();
        let out = settled()
            .runtime(Faulty::with_work(runtime.clone(), work))
            .run(async |s| {
                let panics = s.spawn_parallel(live.within(yields(2).map(|()| -> Result<(), _> { panic!("in poll") })));
                let fails = s.spawn_parallel(live.within(yields(2).map(|()| Err::<(), _>("no"))));
                let cut = s.spawn_parallel(live.within(pending::<Result<(), _>>()));
                assert!(matches!(panics.await, Err(TaskError::Panicked(_))));
                assert!(matches!(fails.await, Err(TaskError::Failed("no"))));
                cut.cancel();
                assert!(matches!(
                    cut.await,
                    Err(TaskError::Cancelled(CancelReason::Requested(None)))
                ));
                Ok(())
            });
        assert_eq!(out.await.expect("the body worked").failures.len(), 0, "{work:?}");
        live.assert_dropped(3);
    }
}

/// A closure that may block cannot run in the scope's task.
async fn of_blocking_closures(runtime: AnyRuntime) {
    for work in REFUSALS {
        let live = Live::new();
        let closure = |live: &Live| {
            let value = live.value();
            move |_| {
                let _value = value;
                Ok::<_, &str>(7)
            }
        };
        let out = settled()
            .runtime(Faulty::with_work(runtime.clone(), work))
            .run(async |s| {
                let task = s.spawn_blocking(closure(&live));
                Ok(task.await)
            });
        let lost = out.await.expect("the body worked").value;
        assert!(
            matches!(lost, Err(TaskError::Cancelled(CancelReason::Requested(Some(_))))),
            "{work:?} {lost:?}"
        );
        let out = fail_fast()
            .runtime(Faulty::with_work(runtime.clone(), work))
            .run(async |s| {
                s.spawn(live.within(pending::<Result<(), _>>()));
                Ok(s.spawn_blocking(closure(&live)).await)
            });
        let error = out.await.expect_err("it was not run");
        assert!(
            error.is_cancelled() && error.failures().is_empty(),
            "{work:?} {error:?}"
        );
        live.assert_dropped(3);
    }
}

async fn where_a_scope_has_no_value_for_it(runtime: AnyRuntime) {
    for work in REFUSALS {
        let live = Live::new();
        let value = live.value();
        let faulty = Faulty::with_work(runtime.clone(), work);
        let plain = purview::with_policy(purview::JoinAll::new())
            .runtime(faulty)
            .run(async |s| {
                s.spawn(live.within(pending::<()>()));
                s.spawn_blocking(move |_| drop(value)).await;
            });
        let said = caught(AssertUnwindSafe(plain)).await.expect_err("there is no value");
        assert!(said.contains("fail_fast"), "{work:?} {said}");
        live.assert_dropped(2);
    }
}

/// It was accepted and never runs: a wait for it goes on, unless the scope is cancelled.
async fn without_a_word(runtime: AnyRuntime) {
    let live = Live::new();
    let faulty = Faulty::with_work(runtime, Work::Keep);
    let value = live.value();
    let out = settled::<&str>().runtime(faulty.clone()).run(async |s| {
        let task = s.spawn_parallel(live.within(yields(1).map(Ok)));
        let closure = s.spawn_blocking(move |_| {
            drop(value);
            Ok(())
        });
        yields(5).await;
        assert!(!task.is_finished() && !closure.is_finished());
        s.cancel_with("enough");
        Ok((task.await.is_err(), closure.await.is_err()))
    });
    let settlement = out.await.expect("the body worked");
    assert_eq!(settlement.value, (true, true));
    // The executor still has what it was given; the futures inside were dropped.
    live.assert_dropped(2);
    faulty.drop_kept();
}

/// It is dropped long after it was taken.
async fn at_last(runtime: AnyRuntime) {
    let live = Live::new();
    let faulty = Faulty::with_work(runtime, Work::Keep);
    let value = live.value();
    let out = settled::<&str>().runtime(faulty.clone()).run(async |s| {
        let task = s.spawn_parallel(live.within(yields(1).map(|()| Ok(7))));
        let closure = s.spawn_blocking(move |_| {
            drop(value);
            Ok(())
        });
        yields(5).await;
        faulty.drop_kept();
        Ok((task.await.ok(), closure.await.err().map(|error| error.to_string())))
    });
    let (task, closure) = out.await.expect("the body worked").value;
    assert_eq!(task, Some(7));
    assert!(closure.is_some_and(|said| said.contains("the runtime dropped it")));
    live.assert_dropped(2);
}

faults! {
    run {
        of_parallel_children,
        of_parallel_children_that_panic_or_fail,
        of_blocking_closures,
        where_a_scope_has_no_value_for_it,
        without_a_word,
        at_last,
    }
}
