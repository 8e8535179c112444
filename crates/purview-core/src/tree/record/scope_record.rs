use std::{
    any::Any,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::Waker,
};

use super::{
    entry::Entry,
    how::How,
    observer::ScopeId,
    recorder::Recorder,
    registry::Listed,
    slab::{Seat, Slab},
    waits::WaitsFor,
    waker::CountedWaker,
};
use crate::tree::info::TaskId;

/// What is recorded of one live scope or gather, in its own node.
pub(crate) struct ScopeRecord {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) id: ScopeId,
    pub(crate) opened: u64,
    listed: Mutex<Option<Listed>>,
    tasks: Mutex<Slab>,
    /// It was told to stop, or its shutdown began; 0 before.
    pub(crate) told: AtomicU64,
    /// The present grace ends then; 0 where it does not.
    pub(crate) grace_until: AtomicU64,
    /// Its children start at a rate.
    pub(crate) has_rate: AtomicBool,
    /// Of a gather: how many futures have ended.
    pub(crate) done: AtomicUsize,
    /// Of a gather: of how many, plus one; 0 where that is not known.
    pub(crate) total: AtomicUsize,
    /// How long ago its being held up was reported.
    pub(crate) reported: AtomicU64,
}

/// What a poll begins with.
pub(crate) struct Polled {
    pub(crate) began: u64,
    /// How long the task has waited for this, its first poll.
    pub(crate) queued: Option<u64>,
    pub(crate) waker: Option<Arc<CountedWaker>>,
}

/// What a poll has shown.
#[derive(Default)]
pub(crate) struct Grown {
    pub(crate) took: u64,
    /// It is to be reported as slow, with so many others.
    pub(crate) slow: Option<u64>,
    /// It is to be reported that it has yielded so often.
    pub(crate) yields: Option<u64>,
}

/// A slow poll of the same task is reported once in this time, in nanoseconds.
const SLOW_AGAIN: u64 = 1_000_000_000;

impl ScopeRecord {
    pub(crate) fn new(recorder: Arc<Recorder>, scope: Weak<dyn Any + Send + Sync>) -> Arc<Self> {
        let listed = recorder.list(scope);
        Arc::new(Self {
            id: recorder.next_scope(),
            opened: recorder.now(),
            listed: Mutex::new(Some(listed)),
            tasks: Mutex::default(),
            told: AtomicU64::new(0),
            grace_until: AtomicU64::new(0),
            has_rate: AtomicBool::new(false),
            done: AtomicUsize::new(0),
            total: AtomicUsize::new(0),
            reported: AtomicU64::new(0),
            recorder,
        })
    }

    /// The scope has ended. Gives whether that is new.
    pub(crate) fn close(&self) -> bool {
        let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(listed) = &listed {
            self.recorder.unlist(listed);
        }
        listed.is_some()
    }

    pub(crate) fn add(&self, entry: Entry) -> Seat {
        self.lock().add(entry)
    }

    /// The task has ended, or was never in the scope.
    pub(crate) fn remove(&self, seat: Seat, id: TaskId) -> Option<Entry> {
        let removed = self.lock().remove(seat, id);
        removed
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Has something noted of one task.
    pub(crate) fn with<T>(&self, seat: Seat, id: TaskId, note: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        self.lock().get(seat, id).map(note)
    }

    /// Copies of what is recorded of at most `n` tasks, and whether there are more places to look at after `from`, which is
    /// moved on.
    pub(crate) fn some(&self, from: &mut usize, n: usize) -> (Vec<Entry>, bool) {
        let tasks = self.lock();
        let (some, more) = tasks.some(*from, n);
        *from += n;
        (some.cloned().collect(), more)
    }

    pub(crate) fn begin_poll(&self, seat: Seat, id: TaskId, waker: &Waker) -> Option<Polled> {
        let counts = self.recorder.options.wakers;
        // Cloned outside of the lock: it may be the user's.
        let fresh = counts.then(|| {
            let known = self.with(seat, id, |entry| entry.waker.clone()).flatten();
            known
                .filter(|known| known.is_for(waker))
                .unwrap_or_else(|| CountedWaker::new(waker.clone()))
        });
        if let Some(counted) = &fresh {
            counted.begin_poll();
        }
        let now = self.recorder.now();
        let is_told = self.told.load(Ordering::Relaxed) != 0;
        let mut left = (Vec::new(), None);
        let polled = self.with(seat, id, |entry| {
            entry.polls += 1;
            entry.polling = now;
            entry.limited = false;
            entry.heard |= is_told || entry.told.is_some();
            left = (std::mem::take(&mut entry.waits), entry.waker.take());
            entry.waker = fresh.clone();
            Polled {
                began: now,
                queued: (entry.polls == 1).then(|| now.saturating_sub(entry.spawned)),
                waker: fresh,
            }
        });
        drop(left);
        polled
    }

    pub(crate) fn end_poll(&self, seat: Seat, id: TaskId, polled: &Polled, is_pending: bool) -> Grown {
        let now = self.recorder.now();
        let took = now.saturating_sub(polled.began);
        let options = &self.recorder.options;
        let is_slow = options
            .slow_poll
            .is_some_and(|slow| u128::from(took) >= slow.as_nanos());
        let woken = is_pending && polled.waker.as_ref().is_some_and(|waker| waker.was_woken());
        let grown = self.with(seat, id, |entry| {
            entry.polling = 0;
            entry.polled = now;
            entry.busy += took;
            entry.longest = entry.longest.max(took);
            entry.yields = if woken { entry.yields + 1 } else { 0 };
            let slow = is_slow.then(|| entry.is_slow_again(now)).flatten();
            let many = options
                .yields
                .filter(|many| entry.yields > 0 && entry.yields % many == 0);
            Grown {
                took,
                slow,
                yields: many.map(|_| entry.yields),
            }
        });
        grown.unwrap_or(Grown {
            took,
            ..Grown::default()
        })
    }

    pub(crate) fn waits(&self, seat: Seat, id: TaskId, wait: WaitsFor) {
        let left = self.with(seat, id, |entry| {
            if entry.waits.iter().any(|known| known.is(&wait)) {
                return Some(wait);
            }
            entry.waits.push(wait);
            None
        });
        drop(left);
    }

    pub(crate) fn ended_as(&self, seat: Seat, id: TaskId, how: How) {
        let left = self.with(seat, id, |entry| entry.how.replace(how));
        drop(left);
    }

    pub(crate) fn note_told(&self) -> bool {
        let now = self.recorder.now();
        self.told
            .compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    fn lock(&self) -> MutexGuard<'_, Slab> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Whether a slow poll that ended or was seen now is to be reported, and how many others were not.
    pub(crate) fn is_slow_again(&mut self, now: u64) -> Option<u64> {
        if self.slow_reported != 0 && now.saturating_sub(self.slow_reported) < SLOW_AGAIN {
            self.slow_unreported += 1;
            return None;
        }
        self.slow_reported = now;
        Some(std::mem::take(&mut self.slow_unreported))
    }
}

impl Drop for ScopeRecord {
    fn drop(&mut self) {
        self.close();
    }
}
