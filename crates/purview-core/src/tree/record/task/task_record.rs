use std::{
    panic::Location,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Waker,
};

use super::{rare::Rare, waits::WaitsFor, waker::CountedWaker};
use crate::{
    cancel::CancelReason,
    tree::{
        info::TaskId,
        record::{
            how::{How, Kind},
            recorder::Recorder,
        },
    },
};

/// What is recorded of one live task. Times are the recorder's, and 0 where there is none.
///
/// What each poll notes is under no lock: only the thread that polls the task writes it.
pub(crate) struct TaskRecord {
    pub(crate) id: TaskId,
    pub(crate) number: u64,
    pub(crate) at: Option<&'static Location<'static>>,
    pub(crate) spawned: u64,
    polls: AtomicU64,
    /// The poll under way began.
    polling: AtomicU64,
    /// The last poll ended.
    polled: AtomicU64,
    busy: AtomicU64,
    longest: AtomicU64,
    rare: Mutex<Option<Box<Rare>>>,
    /// Where it is in the list of its scope.
    pub(in crate::tree::record) place: u32,
    pub(crate) kind: Kind,
    /// Of a poll no more is noted than that it is under way.
    is_brief: bool,
    /// The limit of its scope keeps it waiting.
    limited: AtomicBool,
    /// It was polled since it, or its scope, was told to stop.
    heard: AtomicBool,
    has_rare: AtomicBool,
    has_ended: AtomicBool,
}

/// What its polls have shown.
pub(crate) struct PollStats {
    pub(crate) polls: u64,
    pub(crate) polling: u64,
    pub(crate) polled: u64,
    pub(crate) busy: u64,
    pub(crate) longest: u64,
    pub(crate) limited: bool,
    pub(crate) heard: bool,
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

impl TaskRecord {
    #[inline]
    pub(in crate::tree::record) fn new(
        id: TaskId,
        kind: Kind,
        number: u64,
        at: Option<&'static Location<'static>>,
        rare: Option<Box<Rare>>,
        place: u32,
        recorder: &Recorder,
    ) -> Self {
        Self {
            id,
            number,
            at,
            spawned: recorder.opens(),
            polls: AtomicU64::new(0),
            polling: AtomicU64::new(0),
            polled: AtomicU64::new(0),
            busy: AtomicU64::new(0),
            longest: AtomicU64::new(0),
            rare: Mutex::new(rare),
            place,
            kind,
            is_brief: recorder.is_brief(),
            limited: AtomicBool::new(false),
            heard: AtomicBool::new(false),
            has_rare: AtomicBool::new(false),
            has_ended: AtomicBool::new(false),
        }
    }

    /// Has something rare noted of the task.
    pub(crate) fn note<T>(&self, note: impl FnOnce(&mut Rare) -> T) -> T {
        let mut rare = self.lock();
        self.has_rare.store(true, Ordering::Relaxed);
        note(rare.get_or_insert_default())
    }

    /// A copy of what was noted that is rare.
    pub(crate) fn rare(&self) -> Option<Box<Rare>> {
        self.lock().clone()
    }

    pub(crate) fn stats(&self) -> PollStats {
        PollStats {
            polls: get(&self.polls),
            polling: get(&self.polling),
            polled: get(&self.polled),
            busy: get(&self.busy),
            longest: get(&self.longest),
            limited: self.limited.load(Ordering::Relaxed),
            heard: self.heard.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn polls(&self) -> u64 {
        get(&self.polls)
    }

    /// The limit of its scope keeps it waiting.
    pub(crate) fn note_limited(&self) {
        self.limited.store(true, Ordering::Relaxed);
    }

    /// The task is about to be polled; `is_told` where its scope was told to stop. Gives whether it is its first poll.
    pub(crate) fn begin_poll(&self, recorder: &Recorder, is_told: bool) -> bool {
        let polls = get(&self.polls);
        set(&self.polls, polls + 1);
        let now = recorder.begins();
        set(&self.polling, now);
        if self.is_brief {
            set(&self.polled, now);
        }
        if is_told {
            self.heard.store(true, Ordering::Relaxed);
        }
        if self.has_rare.load(Ordering::Relaxed) {
            self.begin_noted();
        }
        polls == 0
    }

    /// The same of a task of which more is noted than its polls.
    #[cold]
    fn begin_noted(&self) {
        self.note(|rare| {
            // Emptied in place, which gives no memory back: nothing of the user's is in it.
            rare.waits.clear();
            if rare.told.is_some() {
                self.heard.store(true, Ordering::Relaxed);
            }
        });
    }

    /// How long it waited for its first poll, which is under way.
    pub(crate) fn queued(&self) -> u64 {
        get(&self.polling).saturating_sub(self.spawned)
    }

    /// A waker that counts, for the poll that has just begun: that of the last poll if it can be.
    pub(crate) fn count(&self, waker: &Waker) -> Arc<CountedWaker> {
        let known = self.note(|rare| rare.waker.clone());
        // Cloned outside of the lock: it may be the user's.
        let counted = known
            .filter(|known| known.is_for(waker))
            .unwrap_or_else(|| CountedWaker::new(waker.clone()));
        counted.begin_poll();
        let left = self.note(|rare| rare.waker.replace(counted.clone()));
        drop(left);
        counted
    }

    /// Whether the end of a poll is all that there is to note of it; that is done then.
    #[inline]
    pub(crate) fn end_briefly(&self) -> bool {
        if self.is_brief {
            set(&self.polling, 0);
        }
        self.is_brief
    }

    /// The poll has ended. Of a task that has ended nothing is noted, because it is about to be removed.
    pub(crate) fn end_poll(&self, recorder: &Recorder, is_pending: bool) -> Grown {
        let options = &recorder.options;
        let mut grown = Grown::default();
        if !is_pending && options.slow_poll.is_none() && !recorder.has_observers() {
            return grown;
        }
        let now = recorder.ends(is_pending);
        if options.times {
            grown.took = now.saturating_sub(get(&self.polling));
        }
        if is_pending {
            set(&self.polling, 0);
            set(&self.polled, now);
            set(&self.busy, get(&self.busy) + grown.took);
            set(&self.longest, get(&self.longest).max(grown.took));
        }
        let is_slow = grown.took >= options.slow_nanos;
        if is_slow {
            grown.slow = self.note(|rare| rare.is_slow_again(now));
        }
        if is_pending && options.wakers {
            grown.yields = self.note(|rare| rare.yields_again(options.yields));
        }
        grown
    }

    pub(crate) fn waits(&self, wait: WaitsFor) {
        let left = self.note(|rare| {
            if rare.waits.iter().any(|known| known.is(&wait)) {
                return Some(wait);
            }
            rare.waits.push(wait);
            None
        });
        drop(left);
    }

    /// The task alone was told to stop, for the first time.
    pub(crate) fn told_alone(&self, recorder: &Recorder, reason: &CancelReason) {
        let (reason, now) = (reason.clone(), recorder.now());
        let left = self.note(|rare| match &mut rare.told {
            Some(_) => Some(reason),
            told => {
                *told = Some((reason, now));
                None
            }
        });
        drop(left);
    }

    /// The task has not returned, but ended otherwise.
    pub(crate) fn ended_as(&self, how: How) {
        let left = self.note(|rare| rare.how.replace(how));
        drop(left);
    }

    pub(in crate::tree::record) fn note_ended(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }

    /// Whether the task has ended: no more is told of it.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Relaxed)
    }

    /// How the task has ended.
    pub(crate) fn how(&self) -> How {
        let rare = self.lock();
        rare.as_ref().and_then(|rare| rare.how.clone()).unwrap_or(How::Returned)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<Rare>>> {
        self.rare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn get(number: &AtomicU64) -> u64 {
    number.load(Ordering::Relaxed)
}

fn set(number: &AtomicU64, to: u64) {
    number.store(to, Ordering::Relaxed);
}
