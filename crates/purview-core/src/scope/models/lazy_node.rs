//! A child that has no node in the tree until its first poll, and is cancelled alone while it makes one.

use std::{
    future::{pending, poll_fn},
    pin::pin,
    task::Poll,
};

use loom::{future::block_on, thread};

use super::{explore::explore, on_threads::OnThreads};
use crate::{CancelReason, TaskError, cancelled, scope::kind::AnyChild, shield};

const WHY: CancelReason = CancelReason::Requested(None);

/// What the child returned, or why it was dropped.
type Heard = Result<CancelReason, TaskError<()>>;

/// Polls a child to its end, as the set does, while another thread cancels it.
fn cancelled_in_its_first_poll<F>(
    name: &str,
    child: impl Fn() -> F + Send + Sync + 'static,
    then: impl Fn(Heard) + Send + Sync + 'static,
) where
    F: Future<Output = Result<CancelReason, ()>> + Send + 'static,
{
    explore(name, 4, move || {
        let (open, driver) = OnThreads::default().open();
        let task = open.spawn(child());
        let mut child = open.shared.take_children().pop().expect("spawned just now");
        assert!(child.get().env().task().is_none(), "it has a node already");
        let canceller = thread::spawn(move || {
            task.cancel();
            task
        });
        block_on(poll_fn(|cx| child.pinned().poll(cx)));
        let task = canceller.join().unwrap();
        child.get().end();
        let mut policy = crate::Settled::new();
        child.pinned().report(&mut policy, None);
        drop((child, driver));
        then(block_on(task));
    });
}

#[test]
fn one_that_waits_to_be_told_is_told_or_dropped() {
    let waits = || async { Ok(cancelled().await) };
    cancelled_in_its_first_poll("a child that waits for its cancellation", waits, |heard| match heard {
        Ok(reason) | Err(TaskError::Cancelled(reason)) => assert_eq!(reason, WHY),
        Err(error) => panic!("{error:?}"),
    });
}

#[test]
fn one_that_waits_for_nothing_is_dropped() {
    let waits = || async {
        crate::scope(async |_| pending::<()>().await).await;
        Ok(WHY)
    };
    cancelled_in_its_first_poll("a child that nests a scope", waits, |heard| {
        assert!(matches!(heard, Err(TaskError::Cancelled(WHY))), "{heard:?}");
    });
}

/// It is never dropped: where its cancellation came before its first poll, it was not polled.
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
    cancelled_in_its_first_poll("a child that takes a hold", holds, |heard| match heard {
        Ok(reason) | Err(TaskError::Cancelled(reason)) => assert_eq!(reason, WHY),
        Err(error) => panic!("{error:?}"),
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
        match canceller.join().unwrap() {
            Ok(reason) | Err(TaskError::Cancelled(reason)) => assert_eq!(reason, WHY),
            Err(error) => panic!("{error:?}"),
        }
    });
}
