//! A closure on its way through the pool: queued, running, ended, skipped.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::Poll,
};

use loom::{future::block_on, thread};

use super::{explore::explore, on_threads::OnThreads};
use crate::{CancelReason, TaskError};

#[test]
fn it_runs_or_is_skipped_and_one_that_runs_is_waited_for() {
    explore("a blocking child and its cancellation", 2, || {
        let running = Arc::new(AtomicBool::new(false));
        let seen = running.clone();
        let (open, driver) = OnThreads::default().open();
        let task = open.spawn_blocking(move |_| {
            running.store(true, SeqCst);
            thread::yield_now();
            running.store(false, SeqCst);
            Ok(7)
        });
        drop(open);
        let canceller = thread::spawn(move || {
            task.cancel();
            block_on(task)
        });
        assert!(block_on(driver).is_ok());
        assert!(!seen.load(SeqCst), "it runs on though its scope has ended");
        match canceller.join().unwrap() {
            Ok(7) | Err(TaskError::Cancelled(CancelReason::Requested(None))) => {}
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn dropped_by_its_pool_it_says_so() {
    explore("a blocking child whose pool shuts down", 4, || {
        let (open, driver) = OnThreads::shutting_down().open();
        let task = open.spawn_blocking(|_| Ok(7));
        drop(open);
        assert!(block_on(driver).is_ok());
        let lost = block_on(task);
        assert!(
            matches!(lost, Err(TaskError::Cancelled(CancelReason::Requested(Some(_))))),
            "{lost:?}"
        );
    });
}

#[test]
fn a_scope_dropped_while_it_runs_tells_its_task() {
    explore("a blocking child and the drop of its scope", 2, || {
        let pool = OnThreads::default();
        let (open, driver) = pool.open();
        let task = open.spawn_blocking(|_| Ok(7));
        drop(open);
        let mut driver = Box::pin(driver);
        block_on(poll_fn(|cx| {
            let _ = driver.as_mut().poll(cx);
            Poll::Ready(())
        }));
        pool.may_have_begun();
        drop(driver);
        match block_on(task) {
            Ok(7) | Err(TaskError::Cancelled(CancelReason::Requested(Some(_)))) => {}
            other => panic!("{other:?}"),
        }
    });
}
