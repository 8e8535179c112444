use std::{
    sync::Arc,
    task::{Context, Poll, Waker},
};

use super::{in_a_row::InARow, pass, stage::Stage};
use crate::{
    cancel::CancelReason,
    context::{Place, scope_cut},
    panic::FirstPanic,
    runtime::OneTimer,
    stack::with_room,
    time::{Duration, Instant},
    tree::{Grace, ScopeNode},
    wake::{Signal, part, part_waker},
};

/// What came of one turn.
pub(crate) enum Progress {
    /// There is nothing to do.
    Idle,
    /// There may be more to do.
    Busy,
    /// The others are to be dropped, and why.
    Cut(CancelReason),
    /// There is something to give to the caller.
    Item,
    /// All have ended.
    Over,
}

/// What an engine runs: the children and the body of a scope, or the futures of a gather.
pub(crate) trait Members {
    /// One turn: starts those that may start, and polls those that were woken.
    fn run(&mut self, engine: &mut Engine) -> Progress;

    /// Drops those that do not hold under this grace, newest first. Called when the scope is cut, and at the end of each
    /// grace.
    fn cut(&mut self, engine: &mut Engine, reason: &CancelReason);

    /// When they are to be looked at next, if not woken before.
    fn due(&self, engine: &Engine) -> Option<Instant> {
        let _ = engine;
        None
    }
}

/// One pass after the other over [`Members`], until all have ended.
pub(crate) struct Engine {
    pub(crate) node: Arc<ScopeNode>,
    pub(crate) stage: Stage,
    pub(crate) grace: Option<Duration>,
    /// The scope's own deadline, read again when the timer part is raised.
    deadline: Option<Instant>,
    /// The deadline had passed before the first poll, and an outer one is to be reported.
    pub(crate) late: bool,
    /// A token, the deadline or the parent has stopped it, and not its own handle.
    pub(crate) stopped_by_others: bool,
    timer: OneTimer,
    timer_waker: Option<Waker>,
    place: Option<Place>,
    pass: u32,
    /// What was given to the caller since there was last nothing to give.
    given: InARow,
    /// The first panic that is not a task's own end.
    pub(crate) panicked: FirstPanic,
}

impl Engine {
    pub(crate) fn new(node: Arc<ScopeNode>, grace: Option<Duration>) -> Self {
        Self {
            node,
            stage: Stage::New,
            grace,
            deadline: None,
            late: false,
            stopped_by_others: false,
            timer: OneTimer::default(),
            timer_waker: None,
            place: None,
            pass: 0,
            given: InARow::default(),
            panicked: FirstPanic::default(),
        }
    }

    pub(crate) fn signal(&self) -> &Signal {
        self.node.signal()
    }

    pub(crate) fn now(&self) -> Instant {
        self.node.now()
    }

    /// The number of the present pass.
    pub(crate) fn pass(&self) -> u32 {
        self.pass
    }

    pub(crate) fn is_running(&self) -> bool {
        self.stage.is_running()
    }

    /// One poll: runs the members until they have nothing to do or the pass has done enough. Ready when they have
    /// something to give, or have ended.
    pub(crate) fn drive<M: Members>(&mut self, members: &mut M, cx: &Context<'_>) -> Poll<()> {
        let node = self.node.clone();
        let mut pass = self.begin(&node, cx);
        let is_first = matches!(self.stage, Stage::New);
        let timer_woke = node.signal().take(part::TIMER);
        if is_first || timer_woke {
            self.deadline = node.own_deadline();
        }
        if is_first {
            node.note_opened();
            self.stage = Stage::Running;
            self.late = self.deadline.is_some();
        }
        self.late = self.late && node.is_overdue();
        let mut expired = self.is_expired();
        if is_first && expired {
            // A scope that begins too late polls nothing.
            self.cut_at_the_deadline(members);
        }
        if self.given.is_over() {
            // There may always be more to give: the deadline counts now, or the executor is reached.
            if expired {
                expired = false;
                self.cut_at_the_deadline(members);
            } else {
                if timer_woke {
                    node.signal().raise(part::TIMER);
                }
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        loop {
            self.heed_cancellation(members);
            self.end_grace(members);
            let progress = members.run(self);
            match progress {
                Progress::Cut(reason) => {
                    self.heed_cancellation(members);
                    if !self.cut(&reason, members) {
                        break;
                    }
                }
                // That comes first, also where all have ended: the scope says then that it was cancelled.
                Progress::Idle | Progress::Busy | Progress::Over if node.signal().is_raised(part::CANCEL) => {}
                Progress::Over => {
                    node.signal().clear();
                    pass.quiet = true;
                    return Poll::Ready(());
                }
                Progress::Item => {
                    if timer_woke {
                        // The timer is set when there is nothing to give; one that was early is then set again.
                        node.signal().raise(part::TIMER);
                    }
                    self.given.count();
                    pass.quiet = true;
                    return Poll::Ready(());
                }
                Progress::Busy if !pass::is_over() => {}
                // What this pass has produced is in: only now does the deadline count. It may have been moved meanwhile.
                Progress::Busy | Progress::Idle if expired && self.is_expired() => {
                    expired = false;
                    self.cut_at_the_deadline(members);
                }
                Progress::Busy | Progress::Idle => break,
            }
        }
        self.given.end();
        self.set_timer(members, timer_woke);
        Poll::Pending
    }

    fn begin(&mut self, node: &Arc<ScopeNode>, cx: &Context<'_>) -> Pass {
        node.signal().begin(cx.waker());
        self.pass = self.pass.wrapping_add(1).max(1);
        let pass = Pass {
            node: node.clone(),
            quiet: false,
            _running: pass::begin(self.pass),
        };
        Place::update(&mut self.place, node);
        pass
    }

    /// A token that has fired cuts, unless it was fired by a shutdown that gives time.
    fn heed_cancellation<M: Members>(&mut self, members: &mut M) {
        if self.node.is_to_be_cut() && self.is_running() {
            self.stopped_by_others |= self.node.node().is_cancelled_from_above();
            let reason = self.node.reason().cloned().unwrap_or(CancelReason::Requested(None));
            self.cut(&reason, members);
        }
    }

    fn is_expired(&self) -> bool {
        self.is_running() && self.deadline.is_some() && self.node.is_expired()
    }

    fn cut_at_the_deadline<M: Members>(&mut self, members: &mut M) {
        // A shutdown, or a cancellation, that the deadline cuts short was there first.
        let first = self.node.reason().cloned();
        self.stopped_by_others = true;
        self.cut(&first.unwrap_or(CancelReason::DeadlineExceeded), members);
    }

    /// Fires the token for the whole subtree, and then has all members dropped that do not hold. Gives whether that was
    /// done: not where another thread is still telling the subtree of an earlier cancellation.
    pub(crate) fn cut<M: Members>(&mut self, reason: &CancelReason, members: &mut M) -> bool {
        if !self.is_running() {
            return true;
        }
        let node = self.node.clone();
        if node.reason().is_some() && !node.is_told() {
            return false;
        }
        let (grace, until) = match self.grace {
            Some(Duration::ZERO) => (Grace::Over, None),
            Some(grace) => (Grace::Holds, self.now().checked_add(grace)),
            None => (Grace::Holds, None),
        };
        self.fire(reason, grace, until);
        members.cut(self, reason);
        true
    }

    pub(super) fn fire(&mut self, reason: &CancelReason, grace: Grace, until: Option<Instant>) {
        let node = self.node.clone();
        self.stage = Stage::Cut {
            reason: reason.clone(),
            grace,
            until,
        };
        scope_cut(node.given_name(), reason);
        node.note_grace(until);
        node.begin_cut(reason.clone());
        node.set_grace(grace);
        self.panicked.run(|| {
            node.cancel(reason.clone());
        });
        // What was told of a shutdown before, and still runs, is given no more time.
        self.panicked.run(|| node.end_time());
        // What a cancellation has woken here is looked at in any case.
        node.signal().take(part::CANCEL);
    }

    /// The future is being dropped: all members are, now.
    pub(crate) fn abandon<M: Members>(&mut self, dropped: &'static str, members: &mut M) -> CancelReason {
        let reason = self.node.reason().cloned();
        let reason = reason.unwrap_or(CancelReason::Requested(Some(dropped.into())));
        with_room(|| {
            self.fire(&reason, Grace::Over, None);
            members.cut(self, &reason);
        });
        reason
    }

    /// Nothing is left: releases what waits for the end.
    pub(crate) fn end(&mut self) {
        self.stage.end();
        let timer = &mut self.timer;
        self.panicked.run(|| timer.clear());
        let node = self.node.clone();
        node.note_closed();
        self.panicked.run(|| node.end());
    }

    fn set_timer<M: Members>(&mut self, members: &M, timer_woke: bool) {
        let own = match &self.stage {
            Stage::Running => self.deadline,
            Stage::Cut { until, .. } => *until,
            Stage::New | Stage::Ended { .. } => None,
        };
        let at = own.into_iter().chain(members.due(self)).min();
        if !timer_woke && self.timer.instant() == at {
            return;
        }
        if at.is_none() {
            self.timer.clear();
            return;
        }
        let is_deadline = self.is_running() && at == self.deadline;
        let node = &self.node;
        let waker = self
            .timer_waker
            .get_or_insert_with(|| part_waker::<{ part::TIMER }, _>(node));
        if self.timer.set(at, &*node.runtime(), waker).is_ready() {
            // A deadline that is left to one further out is looked at again when that has changed.
            let is_left = || is_deadline && !node.is_expired();
            if is_left() {
                node.wake_if_moved(waker);
            }
            if !is_left() {
                node.signal().raise(part::TIMER);
            }
        }
    }
}

/// Ends the pass on every way out, a panic too.
struct Pass {
    node: Arc<ScopeNode>,
    /// The caller has something to give, and polls again by itself.
    quiet: bool,
    _running: pass::Running,
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.quiet {
            self.node.signal().end_quietly();
        } else {
            self.node.signal().end();
        }
    }
}
