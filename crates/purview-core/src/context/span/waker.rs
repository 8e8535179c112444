use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Wake, Waker},
};

/// A waker that tells tokio-console what becomes of it.
///
/// A clone or a drop of a waker cannot be seen without `unsafe`. So the wakers that are there are counted after each poll,
/// and what has changed is told then; that the last one was dropped is told at once.
pub(super) struct TaskWaker {
    /// The number of the task's span.
    task: u64,
    inner: Waker,
    /// How many wakers the console knows of.
    known: AtomicUsize,
}

impl TaskWaker {
    pub(super) fn new(task: u64, inner: Waker) -> Self {
        Self {
            task,
            inner,
            known: AtomicUsize::new(0),
        }
    }

    pub(super) fn is_for(&self, waker: &Waker) -> bool {
        self.inner.will_wake(waker)
    }

    /// After a poll, when only clones that were kept are left, and the one here.
    pub(super) fn tell_count(this: &Arc<Self>) {
        let now = Arc::strong_count(this).saturating_sub(1);
        let known = this.known.swap(now, Relaxed);
        for _ in known..now {
            this.tell_clone();
        }
        for _ in now..known {
            this.tell_drop();
        }
    }

    fn tell_clone(&self) {
        tracing::trace!(target: "tokio::task::waker", op = "waker.clone", task.id = self.task);
    }

    fn tell_drop(&self) {
        tracing::trace!(target: "tokio::task::waker", op = "waker.drop", task.id = self.task);
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        // To the console it is dropped by this: it has to have been cloned.
        let known = self.known.fetch_update(Relaxed, Relaxed, |known| known.checked_sub(1));
        if known.is_err() {
            self.tell_clone();
        }
        tracing::trace!(target: "tokio::task::waker", op = "waker.wake", task.id = self.task);
        // It is no more by the time that the task is polled, and is not counted then.
        let inner = self.inner.clone();
        drop(self);
        inner.wake();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        tracing::trace!(target: "tokio::task::waker", op = "waker.wake_by_ref", task.id = self.task);
        self.inner.wake_by_ref();
    }
}

impl Drop for TaskWaker {
    fn drop(&mut self) {
        for _ in 0..*self.known.get_mut() {
            self.tell_drop();
        }
    }
}
