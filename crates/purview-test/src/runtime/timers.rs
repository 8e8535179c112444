//! The armed timers, in the order in which they are due.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Poll, Waker},
};

use purview_core::runtime::Instant;

use super::{schedule::Schedule, shared::Shared};

/// When a timer is due, and which of those due then was created first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    at: Instant,
    created: u64,
}

#[derive(Debug, Default)]
pub(super) struct Timers {
    armed: BTreeMap<Key, Waker>,
    created: u64,
}

impl Timers {
    fn key(&mut self, at: Instant) -> Key {
        self.created += 1;
        Key {
            at,
            created: self.created,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.armed.len()
    }

    /// The earliest instant that a timer is armed for.
    pub(super) fn next(&self) -> Option<Instant> {
        self.armed.first_key_value().map(|(key, _)| key.at)
    }

    /// Disarms all timers due at `now`, in the order of their instants and then of their creation.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<Waker> {
        let mut due = Vec::new();
        while self.armed.first_key_value().is_some_and(|(key, _)| key.at <= now) {
            due.extend(self.armed.pop_first().map(|(_, waker)| waker));
        }
        due
    }

    /// Disarms one of the timers that are due earliest, chosen by the schedule.
    pub(super) fn take_any(&mut self, schedule: &mut Schedule) -> Option<Waker> {
        let at = self.next()?;
        let same: Vec<Key> = self.armed.keys().copied().take_while(|key| key.at == at).collect();
        self.armed.remove(&same[schedule.index(same.len())])
    }
}

/// A future that completes when the virtual clock has reached an instant; dropping it disarms the timer.
///
/// It keeps no runtime alive: a task that sleeps belongs to the runtime, and would keep it, and so itself, for ever. A
/// clock that was dropped reaches no instant any more.
#[derive(Debug)]
pub(super) struct Sleep {
    shared: Weak<Shared>,
    key: Key,
}

impl Sleep {
    pub(super) fn new(shared: &Arc<Shared>, at: Instant) -> Self {
        Self {
            shared: Arc::downgrade(shared),
            key: shared.lock().timers.key(at),
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(shared) = self.shared.upgrade() else {
            return Poll::Pending;
        };
        // A waker's clone and drop may run user code, so both happen outside the lock.
        let waker = cx.waker().clone();
        let (poll, unused) = {
            let mut state = shared.lock();
            if state.now() >= self.key.at {
                (Poll::Ready(()), (state.timers.armed.remove(&self.key), Some(waker)))
            } else {
                (Poll::Pending, (state.timers.armed.insert(self.key, waker), None))
            }
        };
        if poll.is_pending() {
            shared.changed();
        }
        drop(unused);
        poll
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let Some(shared) = self.shared.upgrade() else { return };
        let disarmed = shared.lock().timers.armed.remove(&self.key);
        drop(disarmed);
    }
}
