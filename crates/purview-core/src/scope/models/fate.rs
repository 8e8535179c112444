use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

/// What became of a child. Not seen by loom: it is what the model asserts about, no part of it.
#[derive(Clone, Default)]
pub(super) struct Fate(Arc<Counts>);

#[derive(Default)]
struct Counts {
    polls: AtomicUsize,
    drops: AtomicUsize,
}

impl Fate {
    /// A child that wakes itself `turns` times, and then returns 7.
    pub(super) fn turns(&self, turns: usize) -> Child {
        Child {
            fate: self.clone(),
            turns: Some(turns),
        }
    }

    /// A child that waits for nothing.
    pub(super) fn for_ever(&self) -> Child {
        Child {
            fate: self.clone(),
            turns: None,
        }
    }

    pub(super) fn polls(&self) -> usize {
        self.0.polls.load(SeqCst)
    }

    pub(super) fn drops(&self) -> usize {
        self.0.drops.load(SeqCst)
    }
}

pub(super) struct Child {
    fate: Fate,
    turns: Option<usize>,
}

impl Future for Child {
    type Output = Result<u8, ()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<u8, ()>> {
        self.fate.0.polls.fetch_add(1, SeqCst);
        // Another thread may come in the middle of a poll.
        loom::thread::yield_now();
        match &mut self.turns {
            None => Poll::Pending,
            Some(0) => Poll::Ready(Ok(7)),
            Some(turns) => {
                *turns -= 1;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.fate.0.drops.fetch_add(1, SeqCst);
    }
}
