use std::ops::{Deref, DerefMut};

use super::FirstPanic;

/// Values of the user's that are dropped each by itself: two destructors that panic must not meet, or the process is
/// aborted. The first panic is resumed when all have been dropped, where one is expected.
#[derive(Debug, Default)]
pub(crate) struct OneByOne<C: IntoIterator + Default>(C);

impl<C: IntoIterator + Default> OneByOne<C> {
    pub(crate) fn new(values: C) -> Self {
        Self(values)
    }

    /// All of them; the caller drops them.
    pub(crate) fn take_all(&mut self) -> C {
        std::mem::take(&mut self.0)
    }
}

impl<C: IntoIterator + Default> Deref for OneByOne<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<C: IntoIterator + Default> DerefMut for OneByOne<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.0
    }
}

impl<C: IntoIterator + Default> Drop for OneByOne<C> {
    fn drop(&mut self) {
        if !std::mem::needs_drop::<C::Item>() {
            return;
        }
        let mut panicked = FirstPanic::default();
        for value in self.take_all() {
            panicked.run(|| drop(value));
        }
        panicked.resume_if_expected();
    }
}
