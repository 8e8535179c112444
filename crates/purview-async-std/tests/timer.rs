//! Deadlines kept by async-io, wherever they are polled.

use std::{
    pin::Pin,
    sync::{Arc, mpsc},
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

use purview_async_std::AsyncStd;
use purview_core::Timer;

const SOON: Duration = Duration::from_millis(2);

type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

fn poll_once(fut: &mut Sleep, waker: &Waker) -> Poll<()> {
    fut.as_mut().poll(&mut Context::from_waker(waker))
}

fn end_of_time() -> Instant {
    let (mut at, mut step) = (Instant::now(), Duration::MAX);
    while step > Duration::ZERO {
        match at.checked_add(step) {
            Some(later) => at = later,
            None => step /= 2,
        }
    }
    at
}

#[test]
fn a_timer_fires_when_its_time_has_come() {
    let at = AsyncStd.now() + SOON;
    async_std::task::block_on(AsyncStd.sleep_until(at));
    assert!(AsyncStd.now() >= at);
}

#[test]
fn a_timer_fires_under_an_executor_that_knows_nothing_of_async_io() {
    let runtime = AsyncStd::new();
    let at = runtime.now() + SOON;
    futures_executor::block_on(runtime.sleep_until(at));
    assert!(runtime.now() >= at);
}

#[test]
fn a_past_instant_is_ready_at_once() {
    assert!(poll_once(&mut AsyncStd.sleep_until(AsyncStd.now()), Waker::noop()).is_ready());
}

#[test]
fn the_end_of_time_is_a_deadline_that_holds_up_no_other() {
    let mut never = AsyncStd.sleep_until(end_of_time());
    assert!(poll_once(&mut never, Waker::noop()).is_pending());
    async_std::task::block_on(AsyncStd.sleep_until(AsyncStd.now() + SOON));
    assert!(poll_once(&mut never, Waker::noop()).is_pending());
}

struct Told(mpsc::Sender<&'static str>, &'static str);
impl Wake for Told {
    fn wake(self: Arc<Self>) {
        // An attempt that was given up hears no more.
        let _ = self.0.send(self.1);
    }
}

/// Which of two timers wakes, of which the earlier was dropped; `None` where this thread was away for too long to tell.
fn woken_after_the_earlier_was_dropped(soon: Duration) -> Option<&'static str> {
    let (tx, rx) = mpsc::channel();
    let waker = |name| Waker::from(Arc::new(Told(tx.clone(), name)));
    let at = AsyncStd.now() + soon;
    let (mut dropped, mut kept) = (AsyncStd.sleep_until(at), AsyncStd.sleep_until(at + soon));
    let waits =
        poll_once(&mut dropped, &waker("dropped")).is_pending() && poll_once(&mut kept, &waker("kept")).is_pending();
    drop(dropped);
    if !waits || AsyncStd.now() >= at {
        return None;
    }
    let woken = rx.recv().unwrap();
    assert!(poll_once(&mut kept, Waker::noop()).is_ready());
    Some(woken)
}

#[test]
fn a_dropped_timer_wakes_nothing() {
    let woken = (0..12).find_map(|n| woken_after_the_earlier_was_dropped(SOON * 2_u32.pow(n)));
    assert_eq!(woken, Some("kept"));
}
