use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
};

/// More polls in a row than any idle test future asks for.
const RESTLESS: usize = 100_000;

/// A future that the test polls by hand, with a waker that counts.
#[derive(Debug)]
pub struct ByHand<F> {
    future: Pin<Box<F>>,
    wakes: Arc<Wakes>,
}

#[derive(Debug, Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// `future`, to be polled by hand.
pub fn by_hand<F: Future>(future: F) -> ByHand<F> {
    ByHand {
        future: Box::pin(future),
        wakes: Arc::default(),
    }
}

impl<F: Future> ByHand<F> {
    /// Polls once.
    pub fn poll(&mut self) -> Poll<F::Output> {
        let waker = Waker::from(self.wakes.clone());
        self.poll_with(&waker)
    }

    /// Polls once with a waker of the test's own.
    pub fn poll_with(&mut self, waker: &Waker) -> Poll<F::Output> {
        self.future.as_mut().poll(&mut Context::from_waker(waker))
    }

    /// Polls once, and again for as long as the future was woken since its last poll.
    pub fn poll_until_idle(&mut self) -> Poll<F::Output> {
        for _ in 0..RESTLESS {
            let before = self.wakes();
            let polled = self.poll();
            if polled.is_ready() || self.wakes() == before {
                return polled;
            }
        }
        panic!("still waking itself after {RESTLESS} polls");
    }

    /// As [`poll_until_idle`](Self::poll_until_idle), for a future that must be ready by then.
    #[track_caller]
    pub fn finish(&mut self) -> F::Output {
        match self.poll_until_idle() {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("idle, and not ready"),
        }
    }

    /// How often the future was woken.
    pub fn wakes(&self) -> usize {
        self.wakes.0.load(SeqCst)
    }
}
