use loom::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

/// A [`std::sync::OnceLock`] that loom sees: a thread that sets it excludes others, and one that gets it only looks.
pub(crate) struct OnceLock<T> {
    is_set: AtomicBool,
    setting: Mutex<()>,
    value: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    pub(crate) fn new() -> Self {
        Self::holding(std::sync::OnceLock::new())
    }

    fn holding(value: std::sync::OnceLock<T>) -> Self {
        Self {
            is_set: AtomicBool::new(value.get().is_some()),
            setting: Mutex::new(()),
            value,
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.is_set.load(Ordering::Acquire).then(|| self.value.get()).flatten()
    }

    pub(crate) fn set(&self, value: T) -> Result<(), T> {
        let _setting = self.setting.lock();
        let set = self.value.set(value);
        self.is_set.store(true, Ordering::Release);
        set
    }

    pub(crate) fn get_or_init(&self, init: impl FnOnce() -> T) -> &T {
        if self.get().is_none() {
            let _setting = self.setting.lock();
            if self.value.get().is_none() {
                let _ = self.value.set(init());
                self.is_set.store(true, Ordering::Release);
            }
        }
        self.value.get().expect("set just above")
    }
}

impl<T> Default for OnceLock<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<T> for OnceLock<T> {
    fn from(value: T) -> Self {
        Self::holding(value.into())
    }
}
