use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use purview_tests::yield_now;

/// Counts the values that are alive, and those that ever were.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    made: AtomicUsize,
    dropped: AtomicUsize,
}

/// A value that is counted as long as it lives.
#[derive(Debug)]
#[must_use = "it is dropped at once"]
pub(crate) struct Alive(Live);

impl Live {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn value(&self) -> Alive {
        self.0.made.fetch_add(1, SeqCst);
        Alive(self.clone())
    }

    /// `future`, which owns a value that is counted.
    pub(crate) fn within<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        let value = self.value();
        async move {
            let _value = value;
            future.await
        }
    }

    pub(crate) fn made(&self) -> usize {
        self.0.made.load(SeqCst)
    }

    pub(crate) fn alive(&self) -> usize {
        self.made() - self.0.dropped.load(SeqCst)
    }

    /// Checks that `made` values were made and none is left.
    #[track_caller]
    pub(crate) fn assert_dropped(&self, made: usize) {
        assert_eq!(self.made(), made, "values were made");
        assert_eq!(self.alive(), 0, "of {made} values are left");
    }

    /// Waits for what other threads have yet to drop; the watchdog notices a wait without end.
    pub(crate) async fn all_dropped(&self, made: usize) {
        while self.alive() > 0 {
            yield_now().await;
        }
        assert_eq!(self.made(), made, "values were made");
    }

    /// As [`all_dropped`](Self::all_dropped), where the thread may be blocked.
    pub(crate) fn wait_dropped(&self, made: usize) {
        while self.alive() > 0 {
            std::thread::yield_now();
        }
        assert_eq!(self.made(), made, "values were made");
    }
}

impl Alive {
    /// Whether it is counted, which it is.
    pub(crate) fn is_alive(&self) -> bool {
        self.0.alive() > 0
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.0.dropped.fetch_add(1, SeqCst);
    }
}
