use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use futures::task::AtomicWaker;

use crate::count_poll;

#[derive(Debug, Default)]
struct Baton {
    passed: AtomicBool,
    waker: AtomicWaker,
}

/// Flags that a child each waits for, in one allocation.
#[derive(Clone, Debug)]
pub struct Batons(Arc<[Baton]>);

impl Batons {
    /// So many, none of them passed.
    pub fn new(n: usize) -> Self {
        Self((0..n).map(|_| Baton::default()).collect())
    }

    /// Resolves once the `i`-th is passed.
    pub fn wait(&self, i: usize) -> Passed {
        Passed {
            batons: self.clone(),
            i,
            polled: false,
        }
    }

    /// Wakes the child that waits for the `i`-th.
    pub fn pass(&self, i: usize) {
        self.0[i].passed.store(true, SeqCst);
        self.0[i].waker.wake();
    }

    /// Passes all of them, the first one first.
    pub fn pass_all(&self) {
        for i in 0..self.0.len() {
            self.pass(i);
        }
    }
}

/// See [`Batons::wait`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled: await it"]
pub struct Passed {
    batons: Batons,
    i: usize,
    polled: bool,
}

impl Future for Passed {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // The first poll is that of the child which begins to wait.
        if std::mem::replace(&mut self.polled, true) {
            count_poll();
        }
        let baton = &self.batons.0[self.i];
        if !baton.passed.load(SeqCst) {
            baton.waker.register(cx.waker());
            if !baton.passed.load(SeqCst) {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }
}
