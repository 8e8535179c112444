use loom::sync::atomic::{AtomicBool, Ordering};

/// A [`std::sync::OnceLock`] that loom sees: with the same orderings, and as one step for what the real one blocks in.
pub(crate) struct OnceLock<T> {
    is_set: AtomicBool,
    value: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    pub(crate) fn new() -> Self {
        Self {
            is_set: AtomicBool::new(false),
            value: std::sync::OnceLock::new(),
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.is_set.load(Ordering::Acquire).then(|| self.value.get()).flatten()
    }

    pub(crate) fn set(&self, value: T) -> Result<(), T> {
        let set = self.value.set(value);
        self.is_set.swap(true, Ordering::AcqRel);
        set
    }

    pub(crate) fn take(&mut self) -> Option<T> {
        self.is_set.store(false, Ordering::Relaxed);
        self.value.take()
    }

    /// May call `init` although another thread is about to set the value; the first value stays.
    pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        if self.get().is_none() {
            let _ = self.set(init());
        }
        self.value.get().expect("set just above")
    }
}

impl<T> From<T> for OnceLock<T> {
    fn from(value: T) -> Self {
        Self {
            is_set: AtomicBool::new(true),
            value: std::sync::OnceLock::from(value),
        }
    }
}
