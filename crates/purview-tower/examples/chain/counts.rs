use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

/// Longer than any test takes.
pub(crate) const LONG: Duration = Duration::from_secs(600);

/// Handlers that have begun, and those that have cleaned up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    begun: Arc<AtomicUsize>,
    cleaned: Arc<AtomicUsize>,
}

impl Counts {
    pub(crate) fn begin(&self) {
        self.begun.fetch_add(1, SeqCst);
    }

    pub(crate) fn clean(&self) {
        self.cleaned.fetch_add(1, SeqCst);
    }

    pub(crate) fn begun(&self) -> usize {
        self.begun.load(SeqCst)
    }

    pub(crate) fn cleaned(&self) -> usize {
        self.cleaned.load(SeqCst)
    }

    /// Waits until so many handlers have begun.
    pub(crate) async fn until_begun(&self, many: usize) {
        while self.begun() < many {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
