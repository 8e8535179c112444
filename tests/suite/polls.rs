use std::{
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

/// Counts the polls of the futures given to it.
#[derive(Clone, Debug, Default)]
pub struct PollCount(Arc<AtomicUsize>);

impl PollCount {
    /// Nothing polled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// `future`, its polls counted here.
    pub fn of<F: Future>(&self, future: F) -> Counted<F> {
        Counted {
            count: self.clone(),
            future: Box::pin(future),
        }
    }

    /// How many polls there were.
    pub fn get(&self) -> usize {
        self.0.load(SeqCst)
    }

    /// Counts one poll, for a future written by hand.
    pub fn add_one(&self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// What [`PollCount::of`] gives.
#[derive(Debug)]
#[must_use = "futures do nothing until awaited"]
pub struct Counted<F> {
    count: PollCount,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.count.add_one();
        self.future.as_mut().poll(cx)
    }
}

/// Polls `future` once, in the task that awaits this, and gives what came of it.
pub async fn poll_once<F: Future + ?Sized>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await
}
