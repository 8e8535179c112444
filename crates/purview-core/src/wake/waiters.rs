use std::{collections::BTreeMap, task::Waker};

use crate::panic::{FirstPanic, catch, discard};

/// Wakers that wait for one thing, each under a key of its own, in the order they came.
///
/// It lives under a lock of its owner's, so it never wakes, clones or drops a waker itself: wakers are the user's
/// code. The owner takes them out and runs them when the lock is released.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    wakers: BTreeMap<u64, Waker>,
    next: u64,
}

impl Waiters {
    /// Whether the waiter under this key would already wake the same task.
    pub(crate) fn has(&self, key: Option<u64>, waker: &Waker) -> bool {
        key.and_then(|key| self.wakers.get(&key))
            .is_some_and(|kept| kept.will_wake(waker))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.wakers.is_empty()
    }

    /// Puts the waker under `key`, or under a new one, and gives back the waker it replaces.
    #[must_use = "the old waker is dropped outside the lock"]
    pub(crate) fn put(&mut self, key: &mut Option<u64>, waker: Waker) -> Option<Waker> {
        let key = *key.get_or_insert_with(|| {
            self.next += 1;
            self.next
        });
        self.wakers.insert(key, waker)
    }

    #[must_use = "the waker is dropped outside the lock"]
    pub(crate) fn remove(&mut self, key: Option<u64>) -> Option<Waker> {
        key.and_then(|key| self.wakers.remove(&key))
    }

    #[must_use = "the wakers are to be woken outside the lock"]
    pub(crate) fn take_all(&mut self) -> BTreeMap<u64, Waker> {
        std::mem::take(&mut self.wakers)
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
