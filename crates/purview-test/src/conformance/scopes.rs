//! What scopes promise on every runtime: whether it keeps its own promises, seen from where they are needed.

use std::{convert::Infallible, future::pending, pin::pin, sync::Arc, thread, time::Duration};

use purview_core::{CancelReason, ScopeError, fail_fast, settled, sleep};

use super::{case::Case, signal::Signal};

const MILLISECOND: Duration = Duration::from_millis(1);

/// A deadline fires, not early, and cancels what the scope runs.
pub async fn scopes_end_at_their_deadline(case: Case) {
    let _waits =
        case.waits_for("a scope has not ended at its deadline: its timer did not complete, or did not call its waker");
    let (before, held) = (case.runtime.now(), Arc::new(()));
    let inside = Arc::clone(&held);
    let scope = fail_fast::<Infallible>()
        .timeout(5 * MILLISECOND)
        .runtime(Arc::clone(&case.runtime));
    let outcome = scope
        .run(async |s| {
            s.spawn(async move {
                pending::<()>().await;
                drop(inside);
                Ok(())
            });
            pending::<Result<(), Infallible>>().await
        })
        .await;
    assert!(outcome.is_err_and(|error| error.is_deadline_exceeded()));
    assert!(case.runtime.now() >= before + 5 * MILLISECOND, "the deadline was early");
    assert_eq!(Arc::strong_count(&held), 1);
}

/// Parallel children give what they return, also those spawned by parallel children; where there is no executor they
/// run in the scope's own task.
pub async fn parallel_children_give_their_values(case: Case) {
    let _waits = case.waits_for(
        "a parallel child has not given its value: the runtime lost the child, a timer, or a wake-up between threads",
    );
    let scope = fail_fast::<Infallible>().runtime(Arc::clone(&case.runtime));
    let outcome = scope.run(async |s| {
        let tasks: Vec<_> = (0..20_u64)
            .map(|n| {
                s.spawn_parallel(async move {
                    sleep(MILLISECOND).await;
                    let inner =
                        fail_fast::<Infallible>().run(async |s| Ok(s.spawn_parallel(async move { Ok(n) }).await));
                    Ok(inner.await.expect("nothing fails inside"))
                })
            })
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        Ok(sum)
    });
    assert_eq!(outcome.await.expect("nothing fails"), 190);
}

/// When a parallel child fails its siblings are cancelled wherever they run, and are dropped when the scope resolves.
pub async fn a_failing_parallel_child_cancels_its_siblings(case: Case) {
    let _waits = case.waits_for(
        "a scope has not ended when a child failed: the runtime lost a child, or does not poll it when it is woken",
    );
    let held = Arc::new(());
    let scope = fail_fast().runtime(Arc::clone(&case.runtime));
    let outcome = scope
        .run(async |s| {
            for _ in 0..4 {
                let inside = Arc::clone(&held);
                s.spawn_parallel(async move {
                    pending::<()>().await;
                    drop(inside);
                    Ok(())
                });
            }
            s.spawn_parallel(async { Err::<(), _>("on purpose") });
            pending::<Result<(), &str>>().await
        })
        .await;
    assert_eq!(outcome.map_err(ScopeError::into_failure), Err(Some("on purpose")));
    assert_eq!(Arc::strong_count(&held), 1, "a child outlived its scope");
}

/// A panic of a parallel child goes to the caller that asks for its result, and to no thread of the runtime.
pub async fn a_panicking_parallel_child_is_reported_by_its_scope(case: Case) {
    let _waits = case.waits_for(
        "a scope was not told of the panic of a parallel child: the runtime lost the child, or keeps it when it has panicked",
    );
    let scope = settled::<Infallible>().runtime(Arc::clone(&case.runtime));
    let outcome = scope.run(async |s| {
        let task = s.spawn_parallel(async { if true { panic!("on purpose") } else { Ok(()) } });
        Ok(task.await)
    });
    let joined = outcome.await.expect("the body returns").value;
    assert!(matches!(joined, Err(purview_core::TaskError::Panicked(panic)) if panic.message() == Some("on purpose")));
}

/// Parallel children go with the future of their scope.
pub async fn dropping_a_scope_drops_its_parallel_children(case: Case) {
    let _waits = case.waits_for("a parallel child was not started: the runtime lost it, or has no thread for it");
    let (held, started) = (Arc::new(()), Signal::default());
    let (inside, starts) = (Arc::clone(&held), started.clone());
    {
        let scope = fail_fast::<Infallible>().runtime(Arc::clone(&case.runtime));
        let mut scope = pin!(scope.run(async |s| {
            s.spawn_parallel(async move {
                starts.set();
                pending::<()>().await;
                drop(inside);
                Ok(())
            });
            pending::<Result<(), Infallible>>().await
        }));
        let mut start = pin!(started.wait());
        std::future::poll_fn(|cx| {
            assert!(scope.as_mut().poll(cx).is_pending());
            start.as_mut().poll(cx)
        })
        .await;
    }
    // It may be in the poll in which it has reported; it is dropped at the end of that.
    case.eventually(
        "a parallel child outlived its scope: the runtime does not poll it when it is woken",
        || Arc::strong_count(&held) == 1,
    )
    .await;
}

/// A blocking closure returns what a child returns, and its token signals the cancellation.
pub async fn blocking_closures_hear_of_the_cancellation(case: Case) {
    if case.refuses.spawn_blocking {
        return;
    }
    let _waits = case.waits_for(
        "a scope was not told of the end of a closure: the runtime lost the closure, or has no thread for it",
    );
    let started = Signal::default();
    let starts = started.clone();
    let scope = settled::<&str>().runtime(Arc::clone(&case.runtime));
    let outcome = scope.run(async |s| {
        let value = s.spawn_blocking(|_| Ok(thread::current().id())).await;
        // The next one waits for what this thread does.
        let thread = value.expect("the closure returns");
        assert_ne!(
            thread,
            thread::current().id(),
            "a closure ran where its scope is polled"
        );
        let spinning = s.spawn_blocking(move |token| {
            starts.set();
            while !token.is_cancelled() {
                thread::yield_now();
            }
            Err::<(), _>("cancelled")
        });
        started.wait().await;
        s.cancel();
        drop(spinning);
        Ok(())
    });
    let settlement = outcome.await.expect("the body returns");
    assert_eq!(settlement.stopped, Some(CancelReason::Requested(None)));
}
