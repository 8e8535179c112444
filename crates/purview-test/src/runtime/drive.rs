//! The loop that polls tasks, fires timers, moves the clock, and notices when the program is stuck.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use purview_core::BoxFuture;

use super::{
    closure,
    shared::{Shared, State},
    stall::{StallKind, Stalled},
    task::{Closure, TaskId, Work},
};

/// So many steps without a moment of virtual time pass only when a task spins until a timer has fired. In real time the
/// clock would move under it, so then it does here.
const SPINNING: u64 = 1_000_000;

/// How long closures that block may run in real time, while all else waits, before the clock moves.
const CLOSURE_PATIENCE: Duration = Duration::from_secs(1);

/// After so many patiences without any timer, the closures are taken to wait for something that cannot happen.
const CLOSURE_PATIENCES: u32 = 60;

/// What the driver does next, outside the lock.
enum Step {
    Root(Waker),
    Future(TaskId, BoxFuture, Waker),
    Closure(TaskId, Closure),
    Wake(Vec<Waker>),
    WaitForClosures,
    Stall(StallKind),
}

/// Runs the runtime until `root` is done, or, without a root, until no task is ready.
pub(super) fn drive(
    shared: &Arc<Shared>,
    root: Option<TaskId>,
    mut poll_root: impl FnMut(&mut Context<'_>) -> Poll<()>,
) -> Result<(), Stalled> {
    let mut closure_waits = 0;
    loop {
        let step = shared.lock().next(root.is_some());
        match step {
            Step::Root(waker) => {
                if poll_root(&mut Context::from_waker(&waker)).is_ready() {
                    return Ok(());
                }
                shared.lock().polling = None;
            }
            Step::Future(id, future, waker) => poll_spawned(shared, id, future, &waker),
            Step::Closure(id, closure) => closure::run(shared, id, closure),
            Step::Wake(wakers) => wakers.into_iter().for_each(Waker::wake),
            Step::WaitForClosures => {
                let ended = shared.wait_while(CLOSURE_PATIENCE, State::waits_for_closures);
                if !ended && root.is_none() {
                    return Ok(());
                }
                closure_waits = if ended { 0 } else { closure_waits + 1 };
                let fired = !ended && shared.lock().jump();
                if !ended && !fired && closure_waits >= CLOSURE_PATIENCES {
                    return Err(shared.stalled(StallKind::Deadlock));
                }
            }
            Step::Stall(_) if root.is_none() => return Ok(()),
            Step::Stall(StallKind::Deadlock) if shared.wait_for_foreign_wake(root) => {}
            Step::Stall(kind) => return Err(shared.stalled(kind)),
        }
    }
}

fn poll_spawned(shared: &Arc<Shared>, id: TaskId, mut future: BoxFuture, waker: &Waker) {
    let mut cx = Context::from_waker(waker);
    // A panic ends the task as its completion would; the panic hook has reported it.
    let poll = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut cx))).unwrap_or(Poll::Ready(()));
    let ended = {
        let mut state = shared.lock();
        state.polling = None;
        match state.tasks.get_mut(id) {
            Some(task) if poll.is_pending() => {
                task.work = Work::Future(Some(future));
                return;
            }
            _ => state.tasks.remove(id),
        }
    };
    discard((future, ended));
}

/// Drops something of the user's; a panic in its destructor goes no further than the panic hook.
pub(super) fn discard<T>(value: T) {
    contain(|| drop(value));
}

/// Runs something of the user's; a panic goes no further than the panic hook.
pub(super) fn contain(code: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(code)) {
        // The destructor of a payload can panic as well, and it has had its say.
        if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(again);
        }
    }
}

impl State {
    fn next(&mut self, to_the_end: bool) -> Step {
        if self.any_timer_due() {
            if !self.schedule.timers_in_any_order() {
                return Step::Wake(self.take_due_timers());
            }
            if self.tasks.woken().is_empty() || self.schedule.coin() {
                return Step::Wake(self.timers.take_any(&mut self.schedule).into_iter().collect());
            }
        }
        if self.options.max_steps.is_some_and(|max| self.steps >= max) {
            return Step::Stall(StallKind::Endless);
        }
        if self.steps_at_this_instant >= SPINNING && to_the_end && self.jump() {
            return self.next(to_the_end);
        }
        if let Some(position) = self.schedule.pick(&mut self.tasks) {
            let chosen = self
                .schedule
                .pick_unwoken(&self.tasks)
                .or_else(|| self.tasks.take_woken(position));
            if let Some(step) = chosen.and_then(|id| self.begin(id)) {
                return step;
            }
            return self.next(to_the_end);
        }
        if !self.idle.is_empty() {
            return Step::Wake(std::mem::take(&mut self.idle).into_values().collect());
        }
        if self.closures.is_empty() {
            if to_the_end && self.jump() {
                self.next(to_the_end)
            } else {
                Step::Stall(StallKind::Deadlock)
            }
        } else {
            Step::WaitForClosures
        }
    }

    fn begin(&mut self, id: TaskId) -> Option<Step> {
        self.steps += 1;
        self.steps_at_this_instant += 1;
        self.schedule.record(id.0);
        if matches!(self.tasks.get(id)?.work, Work::Closure(_)) {
            let Work::Closure(closure) = self.tasks.remove(id)?.work else {
                return None;
            };
            self.closures.insert(id);
            return Some(Step::Closure(id, closure));
        }
        let foreign = self.schedule.foreign_wakers();
        let task = self.tasks.get_mut(id)?;
        if foreign && task.polls > 0 {
            task.renew_waker();
        }
        task.polls += 1;
        task.ignored_wakes = 0;
        let waker = task.waker();
        let step = match &mut task.work {
            Work::Root => Step::Root(waker),
            Work::Future(future) => Step::Future(id, future.take()?, waker),
            Work::Closure(_) => return None,
        };
        self.polling = Some(id);
        Some(step)
    }

    /// Moves the clock to the earliest timer. False if there is none, or the clock moves by hand only.
    fn jump(&mut self) -> bool {
        match self.timers.next() {
            Some(at) if self.options.auto_advance => {
                self.move_clock(at);
                true
            }
            _ => false,
        }
    }

    fn waits_for_closures(&mut self) -> bool {
        !self.closures.is_empty() && self.nothing_to_do()
    }

    fn nothing_to_do(&self) -> bool {
        self.tasks.woken().is_empty() && self.idle.is_empty() && !self.any_timer_due()
    }

    fn root_can_be_woken(&self, root: Option<TaskId>) -> bool {
        let only_the_latest = self.schedule.foreign_wakers();
        root.and_then(|id| self.tasks.get(id))
            .is_some_and(|root| root.can_be_woken(only_the_latest))
    }
}

impl Shared {
    /// Gives other threads time to wake a task or to move the clock. False when they have not.
    fn wait_for_foreign_wake(&self, root: Option<TaskId>) -> bool {
        let state = self.lock();
        let patience = state.options.patience;
        // Only a holder of its waker can wake the root.
        let hopeless = !state.root_can_be_woken(root);
        drop(state);
        !hopeless
            && !patience.is_zero()
            && self.wait_while(patience, |state| {
                state.nothing_to_do() && !(state.options.auto_advance && state.timers.len() > 0)
            })
    }
}
