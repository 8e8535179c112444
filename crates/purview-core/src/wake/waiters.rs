use std::{collections::BTreeMap, task::Waker};

use crate::panic::{FirstPanic, catch, discard};

/// What waits for one thing: wakers, each under a key of its own, in the order they came. `T` is a waker, or has one.
///
/// It lives under a lock of its owner's, so it never wakes, clones or drops a waker itself: wakers are the user's
/// code. The owner takes them out and runs them when the lock is released.
#[derive(Debug)]
pub(crate) struct Waiters<T = Waker> {
    /// `None` while there are none: most things are never waited for, and a map is dear to drop.
    waiting: Option<BTreeMap<u64, T>>,
    next: u64,
}

impl<T> Default for Waiters<T> {
    fn default() -> Self {
        Self { waiting: None, next: 0 }
    }
}

impl<T> Waiters<T> {
    pub(crate) fn get(&self, key: Option<u64>) -> Option<&T> {
        self.waiting.as_ref()?.get(&key?)
    }

    pub(crate) fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        self.waiting.as_mut()?.get_mut(&key)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.waiting.iter().flatten().map(|(key, waiter)| (*key, waiter))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_none()
    }

    /// Puts it under `key`, or under a new one, and gives back what it replaces.
    #[must_use = "the old waker is dropped outside the lock"]
    pub(crate) fn put(&mut self, key: &mut Option<u64>, waiter: T) -> Option<T> {
        let key = *key.get_or_insert_with(|| {
            self.next += 1;
            self.next
        });
        self.waiting.get_or_insert_default().insert(key, waiter)
    }

    #[must_use = "the waker is dropped outside the lock"]
    pub(crate) fn remove(&mut self, key: Option<u64>) -> Option<T> {
        let waiting = self.waiting.as_mut()?;
        let removed = waiting.remove(&key?);
        if waiting.is_empty() {
            self.waiting = None;
        }
        removed
    }

    #[must_use = "the wakers are to be woken outside the lock"]
    pub(crate) fn take_all(&mut self) -> Vec<T> {
        let waiting = self.waiting.take();
        waiting.map_or_else(Vec::new, |waiting| waiting.into_values().collect())
    }
}

/// Wakes all of them, also when one panics; the first panic is resumed when all have been woken.
pub(crate) fn wake_all(wakers: impl IntoIterator<Item = Waker>) {
    let mut panicked = FirstPanic::default();
    for waker in wakers {
        panicked.run(|| waker.wake());
    }
    panicked.resume_unless_unwinding();
}

/// Wakes it; a panic of the waker must not end the thread that wakes.
pub(crate) fn wake_quietly(waker: Option<Waker>) {
    if let Some(waker) = waker {
        discard(catch(|| waker.wake()));
    }
}
