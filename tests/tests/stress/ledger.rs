use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

/// What became of the children of many races: each is made, dropped once, and never polled after its drop.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<Counts>);

#[derive(Default)]
struct Counts {
    made: AtomicUsize,
    dropped: AtomicUsize,
    returned: AtomicUsize,
}

impl Ledger {
    /// A child that wakes itself `turns` times and returns `value`.
    pub(crate) fn child(&self, turns: usize, value: usize) -> Entry {
        self.0.made.fetch_add(1, SeqCst);
        Entry {
            ledger: self.clone(),
            turns,
            value,
        }
    }

    pub(crate) fn made(&self) -> usize {
        self.0.made.load(SeqCst)
    }

    pub(crate) fn dropped(&self) -> usize {
        self.0.dropped.load(SeqCst)
    }

    /// How many returned their value.
    pub(crate) fn returned(&self) -> usize {
        self.0.returned.load(SeqCst)
    }
}

/// A child in the ledger.
pub(crate) struct Entry {
    ledger: Ledger,
    turns: usize,
    value: usize,
}

impl Future for Entry {
    type Output = Result<usize, ()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<usize, ()>> {
        if self.turns == 0 {
            self.ledger.0.returned.fetch_add(1, SeqCst);
            return Poll::Ready(Ok(self.value));
        }
        self.turns -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.ledger.0.dropped.fetch_add(1, SeqCst);
    }
}
