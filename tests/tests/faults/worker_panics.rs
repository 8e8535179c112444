//! A thread of the executor that panics with a scope's work on its stack: the work goes on in the scope, or its loss is told.

use std::future::pending;

use futures::FutureExt;
use purview::{CancelReason, TaskError, fail_fast, settled};
use purview_tests::{AnyRuntime, yields};

use crate::{
    bomb::{Bomb, pending_with},
    faulty::{Faulty, Work},
    live::Live,
};

fn is_lost<T>(given: &Result<T, TaskError<&str>>) -> bool {
    matches!(given, Err(TaskError::Cancelled(CancelReason::Requested(Some(why)))) if why.contains("dropped it"))
}

/// What has not run is not lost; a closure, which may block, cannot run in the scope.
async fn before_it_has_begun(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_work(runtime, Work::Keep));
    let bomb = Bomb::new("of a closure", &live);
    let out = settled().runtime(faulty.clone()).run(async |s| {
        let tasks: Vec<_> = (0..3)
            .map(|i| s.spawn_parallel(live.within(yields(i).map(move |()| Ok(i)))))
            .collect();
        let closure = s.spawn_blocking(move |_| {
            drop(bomb);
            Ok(())
        });
        yields(2).await;
        faulty.panic_on_a_worker(0);
        let closure = closure.await;
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap_or(9);
        }
        Ok((sum, closure))
    });
    let (sum, closure) = out.await.expect("the body worked").value;
    assert_eq!(sum, 3);
    // Its destructor panicked as it was lost, which is how it ended.
    assert!(
        matches!(closure, Err(TaskError::Panicked(_))) || is_lost(&closure),
        "{closure:?}"
    );
    live.assert_dropped(4);
}

async fn between_two_polls(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_work(runtime, Work::Keep));
    let out = settled::<&str>().runtime(faulty.clone()).run(async |s| {
        let plain = s.spawn_parallel(live.within(pending::<Result<(), _>>()));
        let first = s.spawn_parallel(pending_with(Bomb::new("in drop", &live)));
        let second = s.spawn_parallel(pending_with(Bomb::new("in drop", &live)));
        let here = s.spawn(live.within(yields(9).map(|()| Ok(7))));
        yields(2).await;
        faulty.panic_on_a_worker(2);
        assert!(is_lost(&plain.await));
        for task in [first, second] {
            assert!(matches!(task.await, Err(TaskError::Panicked(panic)) if panic.message() == Some("in drop")));
        }
        Ok(here.await.ok())
    });
    let settlement = out.await.expect("the body worked");
    assert_eq!((settlement.value, settlement.failures.len()), (Some(7), 0));
    live.assert_dropped(4);
}

/// Where its task has no value for that, the scope is cancelled and says why.
async fn in_a_scope_that_fails_fast(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_work(runtime, Work::Keep));
    let out = fail_fast::<&str>().runtime(faulty.clone()).run(async |s| {
        s.spawn(live.within(pending::<Result<(), _>>()));
        s.spawn_parallel(live.within(pending::<Result<(), _>>()));
        yields(2).await;
        faulty.panic_on_a_worker(1);
        pending::<Result<(), _>>().await
    });
    let error = out.await.expect_err("a child was lost");
    assert!(
        error.is_cancelled() && error.to_string().contains("dropped it"),
        "{error}"
    );
    live.assert_dropped(2);
}

faults! {
    run {
        before_it_has_begun,
        between_two_polls,
        in_a_scope_that_fails_fast,
    }
}
