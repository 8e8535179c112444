use std::{
    num::NonZeroU32,
    sync::{Arc, PoisonError},
    task::{Wake, Waker},
};

use super::{fruitless, state::State};
use crate::census;
use crate::error::no_second_panic;
use crate::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU32, AtomicU64, Ordering},
};

/// Why a scope is to be polled: one bit for each of its parts that has something to do.
pub(crate) mod part {
    /// The body was woken.
    pub(crate) const BODY: u32 = 1;
    /// A child in the set was woken.
    pub(crate) const CHILDREN: u32 = 1 << 1;
    /// The alarm went off, or is to be set anew.
    pub(crate) const ALARM: u32 = 1 << 2;
    /// There are children in the queue.
    pub(crate) const QUEUE: u32 = 1 << 3;
    /// The scope's token fired.
    pub(crate) const CANCEL: u32 = 1 << 4;
    /// Some tasks are to be stopped although nothing will wake them.
    pub(crate) const STOPPED: u32 = 1 << 5;
    /// The source of a gather has something.
    pub(crate) const SOURCE: u32 = 1 << 6;
    /// The first of up to twelve members of a `gather!`.
    pub(crate) const MEMBER: u32 = 1 << 7;
}

/// How much one poll of a scope does at most before it yields to the executor.
const STEPS: u32 = 128;

/// How many of these are kept for those who were turned away by an earlier pass.
const FOR_LATECOMERS: u32 = 2;

/// The scope is being polled and looks at the bits itself.
const POLLING: u32 = 1 << 31;

/// Collects the wake-ups of a scope's parts into one wake-up of the task that awaits the scope.
///
/// The user's waker is kept here and nowhere else. It is cloned, woken and dropped outside the lock, because all three
/// are the user's code; a clone that panics leaves everything as it was.
#[derive(Default)]
pub(crate) struct Signal {
    bits: AtomicU32,
    waker: Mutex<Option<Waker>>,
    /// How often the scope has been polled: a child is polled once in each.
    pub(crate) pass: AtomicU64,
    /// What the present pass has done.
    pub(crate) steps: AtomicU32,
    /// How much the present pass may do.
    most_steps: AtomicU32,
    /// How many whom an earlier pass turned away it has polled after it had done enough.
    latecomers: AtomicU32,
    /// Whether a child was turned away because the pass had done enough.
    pub(crate) turned_away: AtomicU32,
}

/// Where a task stands among those that are polled in turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Line {
    /// The pass in which it was last polled; 0 before the first.
    pub(crate) pass: u64,
    /// A pass that had done enough sent it to the end of the line.
    turned_away: bool,
}

impl Signal {
    pub(crate) fn raise(&self, part: u32) {
        // Somebody who finds a bit set need not wake: whoever set the first one has.
        if self.bits.fetch_or(part, Ordering::AcqRel) == 0 {
            self.wake();
        }
    }

    /// Whether this part had something to do; it has not any more.
    pub(crate) fn take(&self, part: u32) -> bool {
        self.bits.fetch_and(!part, Ordering::AcqRel) & part != 0
    }

    pub(crate) fn is_raised(&self, part: u32) -> bool {
        self.bits.load(Ordering::Acquire) & part != 0
    }

    /// Takes whatever the other parts had to do.
    pub(crate) fn forget_all_but(&self, part: u32) {
        self.bits.fetch_and(POLLING | part, Ordering::AcqRel);
    }

    fn wake(&self) {
        let waker = self.lock().take();
        if let Some(waker) = waker {
            no_second_panic(|| waker.wake());
        }
    }

    /// Begins a pass: wake-ups are collected and not passed on until it ends.
    pub(crate) fn begin(&self, waker: &Waker) {
        let kept = self.lock().as_ref().is_some_and(|kept| kept.will_wake(waker));
        if !kept {
            let waker = waker.clone();
            let old = self.lock().replace(waker);
            drop(old);
        }
        self.bits.fetch_or(POLLING, Ordering::AcqRel);
        self.pass.fetch_add(1, Ordering::Relaxed);
        self.steps.store(0, Ordering::Relaxed);
        let most = census::steps().map_or(STEPS - FOR_LATECOMERS, NonZeroU32::get);
        self.most_steps.store(most, Ordering::Relaxed);
        self.latecomers.store(0, Ordering::Relaxed);
        self.turned_away.store(0, Ordering::Relaxed);
    }

    /// Ends a pass: what is left to do, or came in meanwhile, is another wake-up.
    pub(crate) fn end(&self) {
        let left = self.bits.fetch_and(!POLLING, Ordering::AcqRel) & !POLLING;
        // Seeded: what came in during the pass is taken for done.
        if left != 0 && !cfg!(purview_seeded_bug = "pass-ends-blindly") {
            self.wake();
        }
    }

    /// Forgets what there was left to do: once a scope is over there is nothing.
    pub(crate) fn clear(&self) {
        self.bits.fetch_and(POLLING, Ordering::AcqRel);
    }

    /// Ends a pass after which the caller polls again by itself.
    pub(crate) fn end_quietly(&self) {
        self.bits.fetch_and(!POLLING, Ordering::AcqRel);
    }

    /// Counts something that was done in this pass.
    pub(crate) fn count_step(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the pass has done enough, or somebody was turned away: the rest is the next pass's.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.has_no_steps() || self.turned_away.load(Ordering::Relaxed) != 0
    }

    /// Whether a task that comes up for its poll may have it. Who is turned away loses its place in the line, and may so
    /// find the pass at its end each time: it is let in then, now and then even where the pass has done enough.
    pub(crate) fn lets_in(&self, line: &mut Line) -> bool {
        let pass = self.pass.load(Ordering::Relaxed);
        let enough = self.has_no_steps() || fruitless::enough();
        let late = || line.turned_away && self.latecomers.fetch_add(1, Ordering::Relaxed) < FOR_LATECOMERS;
        if line.pass != pass && (!enough || late()) {
            *line = Line {
                pass,
                turned_away: false,
            };
            self.count_step();
            return true;
        }
        line.turned_away |= line.pass != pass;
        self.turned_away.store(1, Ordering::Relaxed);
        false
    }

    pub(crate) fn has_no_steps(&self) -> bool {
        self.steps.load(Ordering::Relaxed) >= self.most_steps.load(Ordering::Relaxed)
    }

    /// Forgets the user's waker when nothing will happen any more.
    pub(crate) fn close(&self) {
        let waker = self.lock().take();
        no_second_panic(|| drop(waker));
    }

    fn lock(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The waker of one part of a scope.
struct Lane<const PART: u32>(Arc<State>);

impl<const PART: u32> Wake for Lane<PART> {
    fn wake(self: Arc<Self>) {
        self.0.signal.raise(PART);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.signal.raise(PART);
    }
}

/// A waker that says which part of the scope it woke.
pub(crate) fn lane<const PART: u32>(state: &Arc<State>) -> Waker {
    Arc::new(Lane::<PART>(state.clone())).into()
}

/// The children's waker is the state itself, which saves a scope an allocation.
impl Wake for State {
    fn wake(self: Arc<Self>) {
        self.signal.raise(part::CHILDREN);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.signal.raise(part::CHILDREN);
    }
}
