//! When a spawned future is not polled.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    task::{Poll, Waker},
    thread,
};

use super::{case::Case, signal::Signal};

/// A future that has panicked is not polled again, whichever waker is used, until it is dropped.
pub async fn panicked_futures_are_not_polled_again(case: Case) {
    if case.refuses.spawn {
        return;
    }
    let (polls, kept, panics) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(Mutex::new(None::<Waker>)),
        Signal::default(),
    );
    let (counted, keeps, at_panic) = (Arc::clone(&polls), Arc::clone(&kept), panics.clone());
    case.spawn(poll_fn(move |cx| {
        match counted.fetch_add(1, Ordering::SeqCst) {
            0 => {
                *keeps.lock().expect("nothing panics with this lock") = Some(cx.waker().clone());
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            1 => {
                at_panic.set();
                panic!("on purpose: a runtime polls no future again that has panicked")
            }
            // It is seen by the count.
            _ => Poll::Ready(()),
        }
    }));
    case.future_sets(&panics).await;
    let waker = kept
        .lock()
        .expect("nothing panics with this lock")
        .take()
        .expect("the future has stored it");
    waker.wake();
    // A dropped future cannot be polled any more, so this ends the wait for what must not happen.
    case.eventually(
        "a future that has panicked was not dropped: the runtime keeps it",
        || Arc::strong_count(&polls) == 1,
    )
    .await;
    let again = polls.load(Ordering::SeqCst) - 2;
    assert!(again == 0, "a future that had panicked was polled again");
}

/// `spawn` does not poll the future, nor wait for a poll of it: its caller may hold what the future needs.
pub async fn spawn_returns_without_a_poll(case: Case) {
    if case.refuses.spawn {
        return;
    }
    spawn_without_a_poll(&case).await;
    // From a thread of the runtime's too, whichever takes it.
    let (ended, inside) = (Signal::default(), case.clone());
    let ends = ended.clone();
    case.spawn(async move {
        spawn_without_a_poll(&inside).await;
        ends.set();
    });
    case.future_sets(&ended).await;
}

async fn spawn_without_a_poll(case: &Case) {
    let (returns, has_returned) = mpsc::channel();
    let (by_caller, polled) = (Arc::new(AtomicBool::new(false)), Signal::default());
    let (caller, finds, at_poll) = (thread::current().id(), Arc::clone(&by_caller), polled.clone());
    let spawning = case.waits_for("`spawn` waits until the future has been polled, by another thread");
    case.spawn(async move {
        if has_returned.try_recv().is_err() {
            if thread::current().id() == caller {
                finds.store(true, Ordering::SeqCst);
            } else {
                // Another thread may well be first, and `spawn` returns without it.
                has_returned.recv().expect("the caller sends, or has failed");
            }
        }
        at_poll.set();
    });
    drop(spawning);
    assert!(
        !by_caller.load(Ordering::SeqCst),
        "`spawn` polled the future before it returned"
    );
    // The receiver may have been dropped already. The watchdog knows that then.
    let _ = returns.send(());
    case.future_sets(&polled).await;
}
