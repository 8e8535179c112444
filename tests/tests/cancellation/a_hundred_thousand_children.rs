//! Cancelling costs each child its drop and nothing more.

use std::{
    future::pending,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use purview::{cancelled, shield, try_scope};
use purview_tests::{CallsOnDrop, Gate, PollCount, by_hand, polled_on_every_runtime};

const CHILDREN: usize = 100_000;

fn beside_one_that_holds_each_is_dropped_once_without_another_poll() {
    let (fail, cleaned) = (Gate::new(), Gate::new());
    let (polls, holder, dropped) = (PollCount::new(), PollCount::new(), AtomicUsize::new(0));
    let mut run = by_hand(try_scope(async |s| {
        for i in 0..CHILDREN {
            if i == CHILDREN / 2 {
                s.spawn(holder.of(async {
                    cancelled().await;
                    shield(cleaned.wait()).await;
                    Ok(())
                }));
            }
            let guard = CallsOnDrop(|| {
                dropped.fetch_add(1, SeqCst);
            });
            s.spawn(polls.of(async move {
                let _guard = guard;
                pending::<Result<(), _>>().await
            }));
        }
        fail.wait().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!((polls.get(), holder.get()), (CHILDREN, 1));
    fail.open();
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(
        (dropped.load(SeqCst), polls.get(), holder.get()),
        (CHILDREN, CHILDREN, 2)
    );
    cleaned.open();
    assert_eq!(run.finish(), Err("no"));
    assert_eq!((polls.get(), holder.get()), (CHILDREN, 3));
}

fn when_all_of_them_hold_each_is_polled_once_for_being_told() {
    let (fail, polls) = (Gate::new(), PollCount::new());
    let mut run = by_hand(try_scope(async |s| {
        for _ in 0..CHILDREN {
            s.spawn(polls.of(async {
                cancelled().await;
                Ok(())
            }));
        }
        fail.wait().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    fail.open();
    assert_eq!(run.finish(), Err("no"));
    assert_eq!(polls.get(), 2 * CHILDREN);
}

polled_on_every_runtime!(
    beside_one_that_holds_each_is_dropped_once_without_another_poll,
    when_all_of_them_hold_each_is_polled_once_for_being_told,
);
