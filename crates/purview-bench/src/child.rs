use std::{
    cell::Cell,
    future::Future,
    hint::black_box,
    pin::Pin,
    task::{Context, Poll},
};

thread_local! {
    static POLLS: Cell<usize> = const { Cell::new(0) };
}

/// Says that a child was polled, once for each poll.
pub fn count_poll() {
    POLLS.set(POLLS.get() + 1);
}

/// How often children were polled on this thread.
pub fn polls() -> usize {
    POLLS.get()
}

/// Wakes its task and is ready the next time.
///
/// Every crate's own costs something else, so all children use this one.
#[derive(Debug, Default)]
#[must_use = "futures do nothing unless polled: await it"]
pub struct YieldNow(bool);

/// Gives others a turn.
pub fn yield_now() -> YieldNow {
    YieldNow(false)
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            count_poll();
            return Poll::Ready(());
        }
        self.0 = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// A child that has nothing to wait for.
#[allow(clippy::unused_async, reason = "it is a child, so it is a future")]
pub async fn ready(i: usize) -> usize {
    count_poll();
    i
}

/// A child that yields so many times.
pub async fn yields(times: usize, i: usize) -> usize {
    count_poll();
    for _ in 0..times {
        yield_now().await;
    }
    i
}

/// A child whose future holds so many bytes while it yields once.
pub async fn sized<const BYTES: usize>(i: usize) -> usize {
    count_poll();
    let bytes = [1_u8; BYTES];
    black_box(&bytes);
    yield_now().await;
    black_box(&bytes);
    i
}

/// What the numbers of so many children add up to.
pub const fn sum_of(n: usize) -> usize {
    n * n.saturating_sub(1) / 2
}
