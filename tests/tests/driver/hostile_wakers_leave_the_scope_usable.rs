//! A waker whose clone, wake or drop panics may spoil one poll, never the scope.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::Ordering::SeqCst,
};

use purview::{scope, try_scope};
use purview_tests::{Gate, Log, PollCount, Trap, by_hand, hostile_waker, polled_on_every_runtime};

/// Polls a scope with a waker that panics in `trap`, then goes on with a decent one.
fn survives(trap: Trap) {
    let (gates, polls): ([Gate; 10], _) = (std::array::from_fn(|_| Gate::new()), PollCount::new());
    let mut run = by_hand(scope(async |s| {
        let tasks: Vec<_> = gates
            .iter()
            .enumerate()
            .map(|(i, gate)| {
                s.spawn(polls.of(async move {
                    gate.wait().await;
                    i
                }))
            })
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        sum
    }));
    let (waker, armed) = hostile_waker(trap);
    // Whether a trap springs in the poll or in the wake is the scope's business; what it may not do is break.
    let _ = catch_unwind(AssertUnwindSafe(|| assert!(run.poll_with(&waker).is_pending())));
    for gate in &gates {
        let _ = catch_unwind(AssertUnwindSafe(|| gate.wake()));
    }
    let _ = catch_unwind(AssertUnwindSafe(|| assert!(run.poll_with(&waker).is_pending())));
    let _ = catch_unwind(AssertUnwindSafe(|| assert!(run.poll().is_pending())));
    armed.store(false, SeqCst);
    assert!(run.poll_until_idle().is_pending());
    assert!(run.poll().is_pending());
    gates.iter().for_each(Gate::open);
    assert_eq!(run.finish(), 45);
    assert!(polls.get() >= 20, "every child was polled to its end");
}

fn when_cloning_it_panics() {
    survives(Trap::Clone);
}

fn when_waking_it_panics() {
    survives(Trap::Wake);
}

fn when_dropping_it_panics() {
    survives(Trap::Drop);
}

fn a_scope_that_met_one_can_still_be_dropped_and_drops_every_child() {
    for trap in [Trap::Clone, Trap::Wake, Trap::Drop] {
        let (gate, log) = (Gate::new(), Log::new());
        let mut run = by_hand(try_scope(async |s| {
            for name in ["oldest", "newest"] {
                let (guard, wait) = (log.on_drop(name), gate.wait());
                s.spawn(async move {
                    let _guard = guard;
                    wait.await;
                    std::future::pending::<Result<(), ()>>().await
                });
            }
            Ok(())
        }));
        assert!(run.poll().is_pending());
        let (waker, armed) = hostile_waker(trap);
        let _ = catch_unwind(AssertUnwindSafe(|| assert!(run.poll_with(&waker).is_pending())));
        let _ = catch_unwind(AssertUnwindSafe(|| gate.open()));
        armed.store(false, SeqCst);
        drop(run);
        assert_eq!(log.entries(), ["newest dropped", "oldest dropped"], "{trap:?}");
    }
}

polled_on_every_runtime!(
    when_cloning_it_panics,
    when_waking_it_panics,
    when_dropping_it_panics,
    a_scope_that_met_one_can_still_be_dropped_and_drops_every_child,
);
