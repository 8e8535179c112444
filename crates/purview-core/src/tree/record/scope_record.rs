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
    slab::{Left, RecordKey, Slab},
    waits::WaitsFor,
    waker::CountedWaker,
};
use crate::{cancel::CancelReason, tree::info::TaskId};

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

    pub(crate) fn add(&self, entry: Entry) -> RecordKey {
        self.lock().add(entry)
    }

    /// The task has ended, or was never in the scope. Gives what was recorded of it that is rare.
    pub(crate) fn remove(&self, key: RecordKey, id: TaskId) -> Option<Left> {
        self.lock().remove(key, id)
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Has something noted of one task.
    pub(crate) fn with<T>(&self, key: RecordKey, id: TaskId, note: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        self.lock().get(key, id).map(note)
    }

    /// Copies of what is recorded of the tasks in at most `n` places, with their keys; and whether there are more places
    /// after `from`, which is moved on.
    pub(crate) fn some(&self, from: &mut usize, n: usize) -> (Vec<(RecordKey, Entry)>, bool) {
        let tasks = self.lock();
        let (some, more) = tasks.some(*from, n);
        *from += n;
        (some.map(|(key, entry)| (key, entry.clone())).collect(), more)
    }

    pub(crate) fn begin_poll(&self, key: RecordKey, id: TaskId, waker: &Waker) -> Option<Polled> {
        let counted = if self.recorder.options.wakers {
            Some(self.count(key, id, waker))
        } else {
            None
        };
        let now = self.recorder.begins();
        let is_told = self.told.load(Ordering::Relaxed) != 0;
        let mut tasks = self.lock();
        let entry = tasks.get(key, id)?;
        entry.polls += 1;
        entry.polling = now;
        entry.limited = false;
        let queued = (entry.polls == 1).then(|| now.saturating_sub(entry.spawned));
        if let Some(rare) = &mut entry.rare {
            // Emptied in place, which gives no memory back: nothing of the user's is in it.
            rare.waits.clear();
        }
        let mut left = None;
        if counted.is_some() {
            left = std::mem::replace(&mut entry.rare().waker, counted.clone());
        }
        if is_told || entry.told().is_some() {
            entry.heard = true;
        }
        drop(tasks);
        drop(left);
        Some(Polled {
            began: now,
            queued,
            waker: counted,
        })
    }

    /// A waker that counts, the one of the last poll if it can be.
    fn count(&self, key: RecordKey, id: TaskId, waker: &Waker) -> Arc<CountedWaker> {
        let known = self.with(key, id, |entry| entry.waker().cloned()).flatten();
        // Cloned outside of the lock: it may be the user's.
        let counted = known
            .filter(|known| known.is_for(waker))
            .unwrap_or_else(|| CountedWaker::new(waker.clone()));
        counted.begin_poll();
        counted
    }

    /// The poll has ended. Of a task that has ended nothing is noted, because it is about to be removed.
    pub(crate) fn end_poll(&self, key: RecordKey, id: TaskId, polled: &Polled, is_pending: bool) -> Grown {
        let options = &self.recorder.options;
        let mut grown = Grown::default();
        if !is_pending && options.slow_poll.is_none() && !self.recorder.has_observers() {
            return grown;
        }
        let now = self.recorder.ends(is_pending);
        let took = now.saturating_sub(polled.began);
        grown.took = took;
        let is_slow = took >= options.slow_nanos;
        if !is_pending && !is_slow {
            return grown;
        }
        let mut tasks = self.lock();
        let Some(entry) = tasks.get(key, id) else { return grown };
        entry.polling = 0;
        entry.polled = now;
        entry.busy += took;
        entry.longest = entry.longest.max(took);
        if is_slow {
            grown.slow = entry.rare().is_slow_again(now);
        }
        if let Some(waker) = &polled.waker {
            let rare = entry.rare();
            rare.yields = if is_pending && waker.was_woken() {
                rare.yields + 1
            } else {
                0
            };
            let many = options.yields.filter(|many| rare.yields > 0 && rare.yields % many == 0);
            grown.yields = many.map(|_| rare.yields);
        }
        grown
    }

    pub(crate) fn waits(&self, key: RecordKey, id: TaskId, wait: WaitsFor) {
        let left = self.with(key, id, |entry| {
            let waits = &mut entry.rare().waits;
            if waits.iter().any(|known| known.is(&wait)) {
                return Some(wait);
            }
            waits.push(wait);
            None
        });
        drop(left);
    }

    /// A task alone was told to stop, for the first time.
    pub(crate) fn told_alone(&self, key: RecordKey, id: TaskId, reason: &CancelReason) {
        let (reason, now) = (reason.clone(), self.recorder.now());
        let left = self.with(key, id, |entry| match &mut entry.rare().told {
            Some(_) => Some(reason),
            told => {
                *told = Some((reason, now));
                None
            }
        });
        drop(left);
    }

    /// Where a task is recorded, that is known by its number alone.
    pub(crate) fn key_of(&self, id: TaskId) -> RecordKey {
        self.lock().key_of(id)
    }

    /// The task has not returned, but ended otherwise.
    pub(crate) fn ended_as(&self, key: RecordKey, id: TaskId, how: How) {
        let left = self.with(key, id, |entry| entry.rare().how.replace(how));
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

impl Drop for ScopeRecord {
    fn drop(&mut self) {
        self.close();
    }
}
