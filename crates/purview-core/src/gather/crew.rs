use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use futures_util::stream::{FuturesUnordered, Stream};

use super::{
    member::{Common, Ended, Member},
    source::Source,
};
use crate::{
    cancel::CancelReason,
    context,
    deadline::Alarm,
    error::FirstPanic,
    policy::End,
    runtime::Timer,
    scope::{Options, State, fruitless, lane, part},
};

/// Drives the futures of a gather, as the driver of a scope does its children: who ended is told one by one, in the
/// order in which they ended.
pub(super) struct Crew<F: Future> {
    pub(super) common: Arc<Common>,
    pub(super) limit: Option<std::num::NonZeroUsize>,
    pub(super) set: FuturesUnordered<Member<F>>,
    stage: Stage,
    pub(super) running: usize,
    /// How many have been started.
    pub(super) started: usize,
    /// Pulled, and kept back by the rate.
    pub(super) next: Option<F>,
    pub(super) source_ready: bool,
    pub(super) exhausted: bool,
    /// Those who were dropped when the gather was cut, lowest first.
    dropped: VecDeque<Ended<F::Output>>,
    alarm: Alarm,
    pub(super) next_start: Option<Instant>,
    pub(super) source_waker: Option<Waker>,
    pub(super) panicked: FirstPanic,
    ended: bool,
}

enum Stage {
    Running,
    Cut {
        reason: CancelReason,
        until: Option<Instant>,
    },
}

/// What came of a turn.
pub(super) enum Turn<O> {
    Ended(Ended<O>),
    /// Everybody has ended, and nobody is left to start.
    Over,
    Waiting,
}

/// A pass of the gather: wake-ups are collected until it ends.
pub(super) struct Pass {
    state: Arc<State>,
    expired: bool,
    alarmed: bool,
    quiet: bool,
    _turn: fruitless::Turn,
}

impl Pass {
    /// The caller has something to give, and polls again by itself.
    pub(super) fn end_quietly(mut self) {
        self.quiet = true;
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.quiet {
            self.state.signal.end_quietly();
        } else {
            self.state.signal.end();
        }
    }
}

impl<F: Future> Crew<F> {
    /// Opens the gather, in what surrounds its first poll. One that comes too late is cut at once.
    pub(super) fn open(mut options: Options) -> Self {
        let limit = options.limit.take();
        let state = State::new(options);
        state.open();
        Self {
            common: Arc::new(Common {
                state,
                bindings: context::bindings(),
            }),
            limit,
            set: FuturesUnordered::new(),
            stage: Stage::Running,
            running: 0,
            started: 0,
            next: None,
            source_ready: true,
            exhausted: false,
            dropped: VecDeque::new(),
            alarm: Alarm::default(),
            next_start: None,
            source_waker: None,
            panicked: FirstPanic::default(),
            ended: false,
        }
    }

    pub(super) fn state(&self) -> &Arc<State> {
        &self.common.state
    }

    pub(super) fn begin(&mut self, cx: &Context<'_>) -> Pass {
        let state = self.common.state.clone();
        state.signal.begin(cx.waker());
        let alarmed = state.signal.take(part::ALARM);
        let expired = self.is_running() && state.is_expired();
        if expired && self.started == 0 {
            self.cut(&CancelReason::DeadlineExceeded);
        }
        Pass {
            state,
            expired,
            alarmed,
            quiet: false,
            _turn: fruitless::begin(),
        }
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Running)
    }

    /// How many have been pulled and not started.
    pub(super) fn kept_back(&self) -> usize {
        usize::from(self.next.is_some())
    }

    /// Whether nobody is left to start.
    pub(super) fn is_exhausted(&self) -> bool {
        self.exhausted && self.next.is_none()
    }

    /// Why it was cut, if it was.
    pub(super) fn stopped(&self) -> Option<&CancelReason> {
        match &self.stage {
            Stage::Running => None,
            Stage::Cut { reason, .. } => Some(reason),
        }
    }

    /// How many are under way.
    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// Goes on until somebody ends, or there is nothing to do. `backlog` of those who ended have not been taken yet, and
    /// keep their places under the limit.
    pub(super) fn turn<S: Source<Future = F>>(
        &mut self,
        source: &mut S,
        pass: &mut Pass,
        backlog: usize,
    ) -> Turn<F::Output> {
        let state = self.common.state.clone();
        let signal = &state.signal;
        loop {
            if signal.take(part::CANCEL) && self.is_running() && !state.is_shutting_down() {
                self.cut(state.reason().unwrap_or(&CancelReason::Requested(None)));
            }
            self.end_grace();
            if let Some(ended) = self.dropped.pop_front() {
                return Turn::Ended(ended);
            }
            let started = self.start(source, backlog);
            // Whoever was turned away has lost its place in the line.
            if !signal.has_no_steps() && signal.take(part::CHILDREN) {
                let waker = Waker::from(state.clone());
                let polled = Pin::new(&mut self.set).poll_next(&mut Context::from_waker(&waker));
                if let Poll::Ready(Some(ended)) = polled {
                    signal.count_step();
                    signal.raise(part::CHILDREN);
                    self.running -= 1;
                    return Turn::Ended(ended);
                }
            }
            if self.running == 0 && (self.is_exhausted() || !self.is_running()) && self.dropped.is_empty() {
                return Turn::Over;
            }
            if signal.is_raised(part::CANCEL) && self.is_running() {
                continue;
            }
            if !signal.is_exhausted() && (started || signal.is_raised(part::CHILDREN)) {
                continue;
            }
            if pass.expired && self.is_running() && state.is_expired() {
                self.cut(&CancelReason::DeadlineExceeded);
                continue;
            }
            self.set_alarm(std::mem::take(&mut pass.alarmed));
            return Turn::Waiting;
        }
    }

    /// Drops everybody who does not hold, newest first; those who do are polled on.
    pub(super) fn cut(&mut self, reason: &CancelReason) {
        if !self.is_running() {
            return;
        }
        let state = self.common.state.clone();
        let grace = state.grace();
        let until = grace.and_then(|grace| state.runtime().now().checked_add(grace));
        self.stage = Stage::Cut {
            reason: reason.clone(),
            until,
        };
        let next = self.next.take();
        self.panicked.run(|| drop(next));
        state.begin_cut(reason.clone());
        self.panicked.run(|| state.cancel(reason.clone()));
        self.drop_members(reason, grace == Some(Duration::ZERO));
    }

    fn end_grace(&mut self) {
        if let Stage::Cut {
            reason,
            until: Some(until),
        } = &self.stage
        {
            if *until <= self.common.state.runtime().now() {
                let reason = reason.clone();
                self.stage = Stage::Cut {
                    reason: reason.clone(),
                    until: None,
                };
                self.drop_members(&reason, true);
            }
        }
    }

    fn drop_members(&mut self, reason: &CancelReason, hard: bool) {
        let mut doomed: Vec<_> = Pin::new(&mut self.set).iter_pin_mut().collect();
        // The set keeps its futures by when they were last polled.
        doomed.sort_by_key(|member| std::cmp::Reverse(member.id()));
        let mut dropped: Vec<_> = doomed
            .into_iter()
            .filter_map(|member| member.cut(reason, hard))
            .collect();
        self.running -= dropped.len();
        dropped.sort_by_key(|ended| ended.index);
        self.dropped.extend(dropped);
    }

    fn set_alarm(&mut self, alarmed: bool) {
        let state = self.common.state.clone();
        let bound = match &self.stage {
            Stage::Running => state.own_deadline(),
            Stage::Cut { until, .. } => *until,
        };
        let at = bound.into_iter().chain(self.next_start).min();
        if (alarmed || self.alarm.instant() != at)
            && self
                .alarm
                .set(at, &**state.runtime(), &lane::<{ part::ALARM }>(&state))
                .is_ready()
        {
            state.signal.raise(part::ALARM);
        }
    }

    /// Nobody is left: releases whoever waits for the end, and goes on with a panic if there was one.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.alarm.clear();
        let state = self.common.state.clone();
        self.panicked.run(|| state.end());
        self.panicked.resume();
    }
}

/// The gather's future is being dropped: everybody goes, now.
impl<F: Future> Drop for Crew<F> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let reason = CancelReason::Requested(Some("the gather's future was dropped".into()));
        self.cut(&reason);
        self.drop_members(&reason, true);
        for ended in self.dropped.drain(..) {
            if let End::Panicked(panic) = ended.end {
                self.panicked.keep(panic);
            }
        }
        let state = self.common.state.clone();
        self.panicked.run(|| state.end());
        self.panicked.resume_unless_unwinding();
    }
}
