//! A child that has no node in the tree until its first poll, and is cancelled alone while it makes one.

use std::{
    future::{pending, poll_fn},
    pin::pin,
    task::Poll,
};

use loom::{future::block_on, thread};

use super::{
    explore::{explore, poll_child, take_children},
    on_threads::OnThreads,
};
use crate::{CancelReason, Settled, TaskError, cancelled, scope, scope::kind::AnyChild, shield};

const WHY: CancelReason = CancelReason::Requested(None);

/// What the child returned, or why it was dropped.
type Heard = Result<CancelReason, TaskError<()>>;

/// Polls a child to its end, as the set does, while another thread cancels it.
fn cancelled_in_its_first_poll<F>(
    name: &str,
    preemptions: usize,
    child: impl Fn() -> F + Send + Sync + 'static,
    then: impl Fn(Heard, bool) + Send + Sync + 'static,
) where
    F: Future<Output = Result<CancelReason, ()>> + Send + 'static,
{
    explore(name, preemptions, move || {
        let (open, driver) = OnThreads::default().open();
        let task = open.spawn(child());
        let mut child = take_children(&open.shared).pop().expect("spawned just now");
        assert!(child.get().env().task().is_none(), "it has a node already");
        let canceller = thread::spawn(move || {
            task.cancel();
            task
        });
        block_on(poll_fn(|cx| poll_child(child.pinned(), cx)));
        let was_polled = child.get().env().task().is_some();
        let task = canceller.join().unwrap();
        if let Some(node) = child.get().env().task() {
            node.end();
        }
        child.pinned().report(&mut Settled::new(), None);
        drop((child, driver));
        then(block_on(task), was_polled);
    });
}

fn is_told_or_dropped(heard: Heard) {
    match heard {
        Ok(reason) | Err(TaskError::Cancelled(reason)) => assert_eq!(reason, WHY),
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn one_that_waits_to_be_told_is_told_or_dropped() {
    let waits = || async { Ok(cancelled().await) };
    let name = "a child that waits for its cancellation";
    cancelled_in_its_first_poll(name, 5, waits, |heard, _| is_told_or_dropped(heard));
}

#[test]
fn one_that_waits_for_nothing_is_dropped() {
    let waits = || async {
        scope(async |_| pending::<()>().await).await;
        Ok(WHY)
    };
    cancelled_in_its_first_poll("a child that nests a scope", 3, waits, |heard, _| {
        assert!(matches!(heard, Err(TaskError::Cancelled(WHY))), "{heard:?}");
    });
}

/// One that was cancelled before its first poll is not polled, and has no node; the others hold, and are not dropped.
#[test]
fn one_that_holds_is_told() {
    let holds = || async {
        let mut held = pin!(shield(pending::<()>()));
        poll_fn(|cx| {
            assert!(held.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        Ok(cancelled().await)
    };
    cancelled_in_its_first_poll("a child that takes a hold", 5, holds, |heard, was_polled| {
        assert_eq!(heard.is_ok(), was_polled, "{heard:?}");
        is_told_or_dropped(heard);
    });
}

#[test]
fn its_scope_is_woken_for_it() {
    explore("a child that is cancelled in its scope", 2, || {
        let (open, driver) = OnThreads::default().open();
        let task = open.spawn(async { Ok(cancelled().await) });
        drop(open);
        let canceller = thread::spawn(move || {
            task.cancel();
            block_on(task)
        });
        assert!(block_on(driver).is_ok());
        is_told_or_dropped(canceller.join().unwrap());
    });
}
