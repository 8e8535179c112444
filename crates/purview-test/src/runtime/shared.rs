//! What all handles, wakers and timers of one runtime share.
//!
//! One lock guards it. Nothing of the user's (poll, drop, a waker's clone, wake or drop) runs while it is held: methods
//! of [`State`] hand such things out, and their callers act on them afterwards.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    task::Waker,
    time::Duration,
};

use purview_core::{
    inspect::{Inspector, Options as InspectOptions},
    runtime::Instant,
};

use super::{
    drive,
    schedule::Schedule,
    task::{TaskId, Tasks, Work},
    timers::Timers,
};

pub(super) struct Shared {
    state: Mutex<State>,
    /// The scopes and tasks that this runtime runs, in case that it has to say which of them are stuck.
    inspector: Mutex<Inspector>,
    /// Notified whenever a thread that drives the runtime could have something new to do.
    changed: Condvar,
}

#[derive(Debug)]
pub(super) struct State {
    base: Instant,
    elapsed: Duration,
    pub(super) timers: Timers,
    pub(super) tasks: Tasks,
    pub(super) schedule: Schedule,
    pub(super) options: Options,
    /// The tasks that wait until all others wait.
    pub(super) idle: BTreeMap<u64, Waker>,
    pub(super) idle_created: u64,
    /// Closures that were started on a thread and have not ended.
    pub(super) closures: BTreeSet<TaskId>,
    /// Whether some thread is inside `block_on`.
    pub(super) driven: bool,
    pub(super) polling: Option<TaskId>,
    pub(super) shut_down: bool,
    pub(super) steps: u64,
    pub(super) steps_at_this_instant: u64,
    /// Wakes of wrapped futures through the waker of an earlier poll.
    pub(super) ignored_wakes: u64,
}

#[derive(Debug)]
pub(super) struct Options {
    pub(super) auto_advance: bool,
    pub(super) patience: Duration,
    pub(super) max_steps: Option<u64>,
}

impl Shared {
    pub(super) fn inspector(&self) -> Inspector {
        self.inspector.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records what is polled from now on with these options.
    pub(super) fn inspect(&self, options: InspectOptions) {
        let inspector = self.lock().inspector(options);
        *self.inspector.lock().unwrap_or_else(PoisonError::into_inner) = inspector;
    }

    pub(super) fn new(schedule: Schedule, options: Options) -> Self {
        let state = State {
            base: Instant::now(),
            elapsed: Duration::ZERO,
            timers: Timers::default(),
            tasks: Tasks::default(),
            schedule,
            options,
            idle: BTreeMap::new(),
            idle_created: 0,
            closures: BTreeSet::new(),
            driven: false,
            polling: None,
            shut_down: false,
            steps: 0,
            steps_at_this_instant: 0,
            ignored_wakes: 0,
        };
        let inspector = Mutex::new(state.inspector(InspectOptions::new()));
        Self {
            state: Mutex::new(state),
            inspector,
            changed: Condvar::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn changed(&self) {
        self.changed.notify_all();
    }

    /// Waits in real time while `waiting` holds, but no longer than `patience`. False when patience ran out.
    pub(super) fn wait_while(&self, patience: Duration, waiting: impl FnMut(&mut State) -> bool) -> bool {
        let state = self.lock();
        let (state, timeout) = self
            .changed
            .wait_timeout_while(state, patience, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        drop(state);
        !timeout.timed_out()
    }

    pub(super) fn wake(&self, task: TaskId, generation: u64) {
        let woken = {
            let mut state = self.lock();
            let only_the_latest = state.schedule.foreign_wakers();
            match state.tasks.get_mut(task) {
                Some(task) if only_the_latest && task.generation() != generation => {
                    task.ignored_wakes += 1;
                    false
                }
                _ => state.tasks.wake(task),
            }
        };
        if woken {
            self.changed();
        }
    }

    /// Accepts a task; gives the work back when the runtime was shut down.
    pub(super) fn admit(self: &Arc<Self>, work: Work) -> Result<TaskId, Work> {
        let mut state = self.lock();
        if state.shut_down {
            return Err(work);
        }
        let id = state.insert(Arc::downgrade(self), work);
        drop(state);
        self.changed();
        Ok(id)
    }
}

impl Drop for Shared {
    /// Each task by itself, and caught: of two destructors that panic the second would end the process.
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.tasks.remove_spawned().into_iter().for_each(drive::discard);
    }
}

impl State {
    fn inspector(&self, options: InspectOptions) -> Inspector {
        Inspector::new(options, Some(self.base), self.schedule.scope_steps())
    }

    pub(super) fn now(&self) -> Instant {
        self.base + self.elapsed
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.elapsed
    }

    pub(super) fn insert(&mut self, shared: Weak<Shared>, work: Work) -> TaskId {
        let priority = self.schedule.priority();
        self.tasks.insert(shared, work, priority, self.polling)
    }

    /// Moves the clock forward, never back.
    pub(super) fn move_clock(&mut self, to: Instant) {
        let elapsed = to.saturating_duration_since(self.base);
        if elapsed > self.elapsed {
            self.elapsed = elapsed;
            self.steps_at_this_instant = 0;
            self.schedule
                .record(to.saturating_duration_since(self.base).subsec_nanos().into());
        }
    }

    pub(super) fn any_timer_due(&self) -> bool {
        self.timers.next().is_some_and(|at| at <= self.now())
    }

    /// Disarms what is due, in the order in which the schedule has it fire.
    pub(super) fn take_due_timers(&mut self) -> Vec<Waker> {
        if !self.schedule.timers_in_any_order() {
            return self.timers.take_due(self.now());
        }
        let mut due = Vec::new();
        while self.any_timer_due() {
            due.extend(self.timers.take_any(&mut self.schedule));
        }
        due
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
