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
    error::{FirstPanic, catch},
    policy::End,
    runtime::Timer,
    scope::{Options, State, fruitless, lane, part},
};

/// Drives the futures of a gather, as the driver of a scope does its children: who ended is told one by one, in the
/// order in which they ended.
pub(super) struct Crew<F: Future> {
    pub(super) common: Arc<Common>,
    limit: Option<std::num::NonZeroUsize>,
    set: FuturesUnordered<Member<F>>,
    stage: Stage,
    running: usize,
    /// How many have been started.
    pub(super) started: usize,
    /// Pulled, and kept back by the rate.
    next: Option<F>,
    source_ready: bool,
    exhausted: bool,
    /// Those who were dropped when the gather was cut, lowest first.
    dropped: VecDeque<Ended<F::Output>>,
    alarm: Alarm,
    next_start: Option<Instant>,
    source_waker: Option<Waker>,
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
            self.cut(CancelReason::DeadlineExceeded);
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
                self.cut(state.reason().cloned().unwrap_or(CancelReason::Requested(None)));
            }
            self.end_grace();
            if let Some(ended) = self.dropped.pop_front() {
                return Turn::Ended(ended);
            }
            let started = self.start(source, backlog);
            if signal.take(part::CHILDREN) {
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
                self.cut(CancelReason::DeadlineExceeded);
                continue;
            }
            self.set_alarm(std::mem::take(&mut pass.alarmed));
            return Turn::Waiting;
        }
    }

    /// Starts those for whom there is room; gives whether there were any.
    fn start<S: Source<Future = F>>(&mut self, source: &mut S, backlog: usize) -> bool {
        let state = self.common.state.clone();
        self.source_ready |= state.signal.take(part::SOURCE);
        self.next_start = None;
        let before = self.started;
        while self.is_running() && self.has_room(backlog) && !state.signal.has_no_steps() {
            if self.next.is_none() && !self.pull(source) {
                break;
            }
            self.next_start = state.rate().and_then(|rate| rate.start(state.runtime().now()).err());
            if self.next_start.is_some() {
                break;
            }
            let Some(fut) = self.next.take() else { break };
            self.set.push(Member::new(fut, self.started, self.common.clone()));
            self.started += 1;
            self.running += 1;
            state.signal.count_step();
            state.signal.raise(part::CHILDREN);
        }
        if !self.exhausted && self.source_ready && state.signal.has_no_steps() {
            state.signal.raise(part::SOURCE);
        }
        self.started > before
    }

    fn has_room(&self, backlog: usize) -> bool {
        self.limit.is_none_or(|limit| self.running + backlog < limit.get())
    }

    /// Fetches the next future; gives whether there is one now.
    fn pull<S: Source<Future = F>>(&mut self, source: &mut S) -> bool {
        if self.exhausted || !self.source_ready {
            return false;
        }
        let state = self.common.state.clone();
        let waker = self.source_waker.get_or_insert_with(|| {
            // Futures that are all there wake nobody.
            if source.left().is_some() {
                Waker::noop().clone()
            } else {
                lane::<{ part::SOURCE }>(&state)
            }
        });
        match catch(|| source.poll_next(&mut Context::from_waker(waker))) {
            Ok(Poll::Ready(Some(fut))) => self.next = Some(fut),
            Ok(Poll::Ready(None)) => self.exhausted = true,
            Ok(Poll::Pending) => self.source_ready = false,
            Err(panic) => {
                self.exhausted = true;
                self.panicked.keep(panic);
                self.cut(CancelReason::Panicked);
            }
        }
        self.next.is_some()
    }

    /// Drops everybody who does not hold, newest first; those who do are polled on.
    pub(super) fn cut(&mut self, reason: CancelReason) {
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
        self.drop_members(&reason, grace == Some(Duration::ZERO));
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
        self.cut(reason.clone());
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
