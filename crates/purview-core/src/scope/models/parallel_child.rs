//! The slot of a parallel child (idle, being polled, ended, empty), and how it is handed over between the executor, its
//! cancellation, and the end of the scope.

use std::{future::poll_fn, task::Poll};

use loom::{future::block_on, thread};

use super::{
    explore::{explore, poll_child, take_children},
    fate::Fate,
    on_threads::OnThreads,
};
use crate::{CancelReason, Driver, Settled, TaskError, cancelled, scope::kind::AnyChild, shield};

/// Polls a scope once, and drops it.
fn drop_begun(driver: Driver<Settled<()>>, executor: &OnThreads) {
    let mut driver = Box::pin(driver);
    block_on(poll_fn(|cx| {
        assert!(driver.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    }));
    executor.may_have_begun();
}

#[test]
fn its_end_wakes_the_scope() {
    explore("a parallel child and its scope", 7, || {
        let fate = Fate::default();
        let (open, driver) = OnThreads::default().open();
        let task = open.spawn_parallel(fate.turns(1));
        drop(open);
        assert!(block_on(driver).is_ok());
        assert_eq!((fate.polls(), fate.drops()), (2, 1), "the scope's end means dropped");
        assert_eq!(block_on(task).ok(), Some(7));
    });
}

#[test]
fn cancelled_while_it_runs_it_ends_once() {
    explore("a parallel child and its cancellation", 1, || {
        let (fate, executor) = (Fate::default(), OnThreads::default());
        let (open, driver) = executor.open();
        let task = open.spawn_parallel(fate.turns(1));
        drop(open);
        let canceller = thread::spawn(move || {
            task.cancel();
            block_on(task)
        });
        assert!(block_on(driver).is_ok());
        assert_eq!(fate.drops(), 1, "the scope's end means dropped");
        let polls = fate.polls();
        match canceller.join().unwrap() {
            Ok(value) => assert_eq!((value, polls), (7, 2)),
            Err(TaskError::Cancelled(CancelReason::Requested(None))) => {}
            Err(error) => panic!("{error:?}"),
        }
        executor.join();
        assert_eq!(fate.polls(), polls, "polled after the end");
    });
}

#[test]
fn cancelled_while_it_waits_for_nothing_it_ends() {
    explore("an idle parallel child and its cancellation", 1, || {
        let fate = Fate::default();
        let (open, driver) = OnThreads::default().open();
        let task = open.spawn_parallel(fate.for_ever());
        drop(open);
        let canceller = thread::spawn(move || {
            task.cancel();
            assert!(block_on(task).is_err());
        });
        assert!(block_on(driver).is_ok());
        assert_eq!(fate.drops(), 1, "the scope's end means dropped");
        canceller.join().unwrap();
    });
}

/// Polled as its scope polls it, without the rest of the scope: what cancels it, and each thread that polls it, may leave
/// it to the others to drop it.
#[test]
fn cancelled_while_another_thread_polls_it_it_is_dropped() {
    explore("the slot of a parallel child", 2, || {
        let (fate, executor) = (Fate::default(), OnThreads::default());
        let (open, driver) = executor.open();
        let task = open.spawn_parallel(fate.for_ever());
        let mut child = take_children(&open.shared).pop().expect("spawned just now");
        let canceller = thread::spawn(move || task.cancel());
        block_on(poll_fn(|cx| poll_child(child.pinned(), cx)));
        assert_eq!(fate.drops(), 1, "its end means dropped");
        canceller.join().unwrap();
        executor.join();
        child.get().env().task().expect("it runs elsewhere").end();
        drop((child, driver));
    });
}

/// A future left in the slot of a scope that was dropped would never be dropped: its executor waits for a wake-up.
#[test]
fn a_scope_dropped_while_it_runs_leaves_nothing() {
    explore("a parallel child and the drop of its scope", 2, || {
        let (fate, executor) = (Fate::default(), OnThreads::default());
        let (open, driver) = executor.open();
        let task = open.spawn_parallel(fate.for_ever());
        drop_begun(driver, &executor);
        assert!(matches!(block_on(task), Err(TaskError::Cancelled(_))));
        executor.join();
        assert_eq!(fate.drops(), 1);
    });
}

#[test]
fn a_scope_dropped_while_it_is_in_a_shield_leaves_nothing() {
    explore("a shielded parallel child and the drop of its scope", 2, || {
        let (fate, executor) = (Fate::default(), OnThreads::default());
        let (open, driver) = executor.open();
        let task = open.spawn_parallel(shield(fate.for_ever()));
        drop_begun(driver, &executor);
        assert!(matches!(block_on(task), Err(TaskError::Cancelled(_))));
        executor.join();
        assert_eq!(fate.drops(), 1);
    });
}

#[test]
fn dropped_by_its_executor_while_it_is_cancelled_it_ends_once() {
    explore("a parallel child whose executor shuts down", 1, || {
        let (fate, executor) = (Fate::default(), OnThreads::shutting_down());
        let (open, driver) = executor.open();
        let task = open.spawn_parallel(fate.turns(1));
        drop(open);
        let canceller = thread::spawn(move || {
            task.cancel();
            assert!(block_on(task).is_err());
        });
        assert!(block_on(driver).is_ok());
        canceller.join().unwrap();
        executor.join();
        assert_eq!(fate.drops(), 1);
    });
}

#[test]
fn one_that_waits_to_be_told_is_told() {
    explore("a parallel child that waits for its cancellation", 1, || {
        let (open, driver) = OnThreads::default().open();
        let task = open.spawn_parallel(async { Ok(cancelled().await) });
        drop(open);
        let canceller = thread::spawn(move || {
            task.cancel();
            block_on(task)
        });
        assert!(block_on(driver).is_ok());
        match canceller.join().unwrap() {
            Ok(CancelReason::Requested(None)) | Err(TaskError::Cancelled(CancelReason::Requested(None))) => {}
            other => panic!("{other:?}"),
        }
    });
}

/// It is not polled before its scope is dropped: it is dropped there, and its executor finds nothing.
#[test]
fn a_scope_dropped_before_its_first_poll_destroys_it() {
    explore("a queued parallel child and the drop of its scope", 2, || {
        let (fate, executor) = (Fate::default(), OnThreads::default());
        let (open, driver) = executor.open();
        let handle = open.clone();
        let spawned = fate.clone();
        let spawner = thread::spawn(move || {
            let task = handle.spawn_parallel(spawned.for_ever());
            drop(handle);
            task
        });
        drop_begun(driver, &executor);
        let task = spawner.join().unwrap();
        assert!(block_on(task).is_err());
        executor.join();
        assert_eq!(fate.drops(), 1);
        drop(open);
    });
}

#[test]
fn one_that_never_ends_is_not_missed_by_a_cancelled_scope() {
    explore("a parallel child and the cancellation of its scope", 1, || {
        let fate = Fate::default();
        let (open, driver) = OnThreads::default().open();
        drop(open.spawn_parallel(fate.for_ever()));
        let canceller = thread::spawn(move || open.cancel());
        let _ = block_on(driver);
        assert_eq!(fate.drops(), 1, "the scope's end means dropped");
        canceller.join().unwrap();
    });
}
