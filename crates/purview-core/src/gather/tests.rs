//! What a gather has started on other threads is waited for, however its futures end.

use std::{
    future::{pending, ready},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use futures_core::Stream;

use super::gather;
use crate::{
    CancelReason, CancelToken, TaskError, context,
    tree::{HoldKind, TaskNode},
};

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a task has running on another thread, as far as its node knows.
#[derive(Clone, Default)]
struct Elsewhere(Arc<Mutex<Option<Arc<TaskNode>>>>);

impl Elsewhere {
    fn begin(&self) {
        let task = context::task().expect("a gather is around");
        task.hold(HoldKind::Elsewhere);
        *self.0.lock().unwrap() = Some(task);
    }

    fn end(&self) {
        let task = self.0.lock().unwrap().take().expect("it has begun");
        task.let_go(HoldKind::Elsewhere);
    }
}

/// Polls, finds it waiting, ends what runs elsewhere, finds it woken, and gives what it resolves to.
#[track_caller]
fn waits_for<F: Future>(elsewhere: &Elsewhere, fut: F) -> F::Output {
    let mut fut = pin!(fut);
    let count = Arc::new(Wakes::default());
    let waker = Waker::from(count.clone());
    let mut cx = Context::from_waker(&waker);
    for _ in 0..3 {
        assert!(fut.as_mut().poll(&mut cx).is_pending());
    }
    let before = count.0.load(Ordering::Relaxed);
    elsewhere.end();
    assert_eq!(count.0.load(Ordering::Relaxed), before + 1);
    match fut.as_mut().poll(&mut cx) {
        Poll::Ready(out) => out,
        Poll::Pending => panic!("it goes on waiting"),
    }
}

async fn never(elsewhere: Elsewhere, token: CancelToken) -> Result<(), ()> {
    elsewhere.begin();
    token.cancel();
    pending().await
}

#[expect(clippy::unused_async, reason = "it is a future that ends at once")]
async fn returns(elsewhere: Elsewhere, result: Result<(), ()>) -> Result<(), ()> {
    elsewhere.begin();
    result
}

#[test]
fn of_a_future_that_was_cut() {
    let (elsewhere, token) = (Elsewhere::default(), CancelToken::new());
    let cut = || never(elsewhere.clone(), token.clone());
    let all = gather([cut()]).cancel_on(&token).grace(Duration::ZERO);
    assert!(waits_for(&elsewhere, all).unwrap_err().is_cancelled());

    let (elsewhere, token) = (Elsewhere::default(), CancelToken::new());
    let cut = || never(elsewhere.clone(), token.clone());
    let mixed = crate::gather!(cut()).cancel_on(&token).grace(Duration::ZERO);
    assert!(waits_for(&elsewhere, mixed).unwrap_err().is_cancelled());
}

#[test]
fn of_a_future_that_ended_by_itself() {
    let elsewhere = Elsewhere::default();
    let one = |result| returns(elsewhere.clone(), result);
    assert_eq!(waits_for(&elsewhere, gather([one(Ok(()))])).unwrap(), [()]);
    assert!(waits_for(&elsewhere, gather([one(Err(()))])).unwrap_err().is_failed());
    assert!(waits_for(&elsewhere, gather([one(Ok(()))]).settled())[0].is_ok());
    assert!(waits_for(&elsewhere, gather([one(Ok(()))]).first()).unwrap().1.is_ok());
    waits_for(&elsewhere, gather([one(Ok(()))]).for_each(|_, _| ready(())));
    assert!(
        waits_for(&elsewhere, crate::gather!(one(Err(()))))
            .unwrap_err()
            .is_failed()
    );
}

#[test]
fn an_item_is_given_when_it_has_ended() {
    let (elsewhere, token) = (Elsewhere::default(), CancelToken::new());
    let cut = gather([never(elsewhere.clone(), token.clone())]);
    let mut cut = cut.as_completed().cancel_on(&token).grace(Duration::ZERO);
    let next = std::future::poll_fn(|cx| Pin::new(&mut cut).poll_next(cx));
    let item = waits_for(&elsewhere, next);
    assert!(matches!(
        item,
        Some((0, Err(TaskError::Cancelled(CancelReason::Requested(None)))))
    ));
}
