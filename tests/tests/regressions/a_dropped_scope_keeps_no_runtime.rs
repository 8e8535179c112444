//! Children that were given away and cancelled, in the queue of an executor that is never run again.
//!
//! Design 4, Memory: "A finished child is freed at once". What such a queue holds led back to the scope, and so to the
//! runtime it was given, which is where the queue is: a cycle that nothing frees.

use std::task::Poll;

use purview::{Scope, Settled, Spawner, settled};
use purview_tests::{HandExecutor, Log, by_hand, watched};

/// Gives a child away with `spawn`, drops the scope, and then the last handle of its runtime.
fn given_away(spawn: impl FnOnce(&Scope<'static, Settled<()>>, &Log), ran: impl FnOnce(&HandExecutor)) {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let dropped = log.on_drop("the executor");
    executor
        .spawn(Box::pin(async move {
            std::future::pending::<()>().await;
            drop(dropped);
        }))
        .unwrap();
    let (open, driver) = settled::<()>().runtime(executor.clone()).open();
    spawn(&open, &log);
    let mut driver = by_hand(driver);
    assert_eq!(driver.poll_until_idle().map(drop), Poll::Pending);
    ran(&executor);
    drop((driver, open));
    assert_eq!(log.entries(), ["the child dropped"]);
    drop(executor);
    assert_eq!(log.entries(), ["the child dropped", "the executor dropped"]);
}

fn parallel(open: &Scope<'static, Settled<()>>, log: &Log) {
    let child = log.on_drop("the child");
    open.spawn_parallel(async move {
        std::future::pending::<()>().await;
        drop(child);
        Ok(())
    });
}

fn blocking(open: &Scope<'static, Settled<()>>, log: &Log) {
    let child = log.on_drop("the child");
    open.spawn_blocking(move |_| {
        drop(child);
        Ok(())
    });
}

// Failed: the executor is not dropped.
#[test]
fn through_a_parallel_child_that_was_not_polled() {
    watched(|| given_away(parallel, |_| {}));
}

// Failed: the executor is not dropped.
#[test]
fn through_a_parallel_child_that_waits() {
    watched(|| given_away(parallel, HandExecutor::run));
}

// Failed: the executor is not dropped.
#[test]
fn through_a_closure_that_has_not_started() {
    watched(|| given_away(blocking, |_| {}));
}
