use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Wake, Waker},
};

/// A waker that is counted: how many there are of it, and how often it was woken.
pub(crate) struct CountedWaker {
    inner: Waker,
    wakes: AtomicU64,
    /// It was woken since the present poll began.
    woken: AtomicBool,
}

impl CountedWaker {
    pub(crate) fn new(inner: Waker) -> Arc<Self> {
        Arc::new(Self {
            inner,
            wakes: AtomicU64::new(0),
            woken: AtomicBool::new(false),
        })
    }

    pub(crate) fn is_for(&self, waker: &Waker) -> bool {
        self.inner.will_wake(waker)
    }

    pub(crate) fn wakes(&self) -> u64 {
        self.wakes.load(Ordering::Relaxed)
    }

    pub(crate) fn begin_poll(&self) {
        self.woken.store(false, Ordering::Relaxed);
    }

    pub(crate) fn was_woken(&self) -> bool {
        self.woken.load(Ordering::Relaxed)
    }
}

impl Wake for CountedWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::Relaxed);
        self.woken.store(true, Ordering::Relaxed);
        self.inner.wake_by_ref();
    }
}
