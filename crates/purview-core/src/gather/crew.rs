use std::{
    mem,
    num::NonZeroUsize,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use futures_util::stream::{FuturesUnordered, Stream};

use super::{
    gone::Gone,
    member::{Common, Ended, Member},
    source::Source,
    stage::Stage,
};
use crate::{
    cancel::CancelReason,
    context,
    deadline::Alarm,
    error::FirstPanic,
    policy::End,
    scope::{Options, State, fruitless, lane, part},
};

/// Drives the futures of a gather, as the driver of a scope does its children: who ended is told one by one, in the
/// order in which they ended. Who may start, and when, is in `intake.rs`; cancellation is in `cut.rs`.
pub(super) struct Crew<S: Source> {
    pub(super) common: Arc<Common>,
    pub(super) source: S,
    pub(super) limit: Option<NonZeroUsize>,
    pub(super) set: FuturesUnordered<Member<S::Future>>,
    pub(super) stage: Stage,
    pub(super) running: usize,
    /// How many have been started.
    pub(super) started: usize,
    /// Pulled, and kept back by the rate.
    pub(super) next: Option<S::Future>,
    pub(super) supply: Supply,
    /// Whether each future is reported by itself, its panic too.
    pub(super) reports_each: bool,
    /// Those who were dropped when the gather was cut, where each is reported.
    pub(super) gone: Gone<<S::Future as Future>::Output>,
    pub(super) alarm: Alarm,
    pub(super) next_start: Option<Instant>,
    pub(super) source_waker: Option<Waker>,
    pub(super) panicked: FirstPanic,
    pub(super) ended: bool,
    /// The last pass did nothing but start futures: they come first in this one.
    polls_first: bool,
}

/// What the source has.
#[derive(PartialEq)]
pub(super) enum Supply {
    /// It is worth asking.
    Ready,
    /// It was asked, and has not been woken since.
    Pending,
    /// It has ended, and nobody has been told.
    JustExhausted,
    Exhausted,
}

impl Supply {
    fn is_exhausted(&self) -> bool {
        matches!(self, Self::JustExhausted | Self::Exhausted)
    }
}

/// What came of a turn.
pub(super) enum Turn<O> {
    Ended(Ended<O>),
    /// There will be no more futures than there have been; told once.
    Exhausted,
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
    /// How many had been started before it.
    started: usize,
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

impl<S: Source> Crew<S> {
    /// Opens the gather, in what surrounds its first poll. One that comes too late is cut at once.
    pub(super) fn open(source: S, reports_each: bool, mut options: Options) -> Self {
        let limit = options.limit.take();
        let state = State::new(options);
        state.open();
        Self {
            common: Arc::new(Common {
                state,
                bindings: context::bindings(),
            }),
            source,
            limit,
            set: FuturesUnordered::new(),
            stage: Stage::Running,
            running: 0,
            started: 0,
            next: None,
            supply: Supply::Ready,
            reports_each,
            gone: Gone::new(),
            alarm: Alarm::default(),
            next_start: None,
            source_waker: None,
            panicked: FirstPanic::default(),
            ended: false,
            polls_first: false,
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
            started: self.started,
            _turn: fruitless::begin(),
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.stage.is_running()
    }

    /// How many can still end, as far as that is known: those under way, and those to come.
    pub(super) fn left(&self) -> Option<usize> {
        let to_come = if self.supply.is_exhausted() {
            0
        } else {
            self.source.left()?
        };
        Some(self.running + usize::from(self.next.is_some()) + to_come)
    }

    /// Whether nobody is left to start.
    fn is_exhausted(&self) -> bool {
        self.supply.is_exhausted() && self.next.is_none()
    }

    /// Why it was cut, if it was.
    pub(super) fn stopped(&self) -> Option<&CancelReason> {
        self.stage.stopped()
    }

    /// Goes on until somebody ends, or there is nothing to do. `backlog` of those who ended have not been taken yet, and
    /// keep their places under the limit.
    pub(super) fn turn(&mut self, pass: &mut Pass, backlog: usize) -> Turn<<S::Future as Future>::Output> {
        let state = self.common.state.clone();
        let signal = &state.signal;
        loop {
            if state.is_to_be_cut() && self.is_running() {
                self.cut(state.reason().unwrap_or(&CancelReason::Requested(None)));
            }
            self.end_grace();
            if let Some(ended) = self.gone.next() {
                return Turn::Ended(ended);
            }
            let polls_first = mem::take(&mut self.polls_first);
            let started = !polls_first && self.start(backlog);
            if self.supply == Supply::JustExhausted && self.is_running() {
                self.supply = Supply::Exhausted;
                return Turn::Exhausted;
            }
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
            if self.running == 0 && (self.is_exhausted() || !self.is_running()) && self.gone.is_empty() {
                return Turn::Over;
            }
            if signal.is_raised(part::CANCEL) && self.is_running() {
                continue;
            }
            if !signal.is_exhausted() && (started || polls_first || signal.is_raised(part::CHILDREN)) {
                continue;
            }
            if pass.expired && self.is_running() && state.is_expired() {
                self.cut(&CancelReason::DeadlineExceeded);
                continue;
            }
            if self.supply == Supply::Ready && signal.has_no_steps() {
                // Whoever there is still to start is the next pass's.
                signal.raise(part::SOURCE);
            }
            self.polls_first = self.started > pass.started && signal.has_no_steps() && signal.is_raised(part::CHILDREN);
            self.set_alarm(mem::take(&mut pass.alarmed));
            return Turn::Waiting;
        }
    }

    fn set_alarm(&mut self, alarmed: bool) {
        let state = self.common.state.clone();
        let bound = self.stage.bound(&state);
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

    /// Nobody asks how this one ended, but for a panic.
    pub(super) fn raise(&mut self, ended: Ended<<S::Future as Future>::Output>) {
        match ended.end {
            End::Panicked(panic) => self.panicked.keep(panic),
            other => self.panicked.run(|| drop(other)),
        }
    }

    /// Nobody is left: releases whoever waits for the end, and goes on with a panic if there was one.
    pub(super) fn end(&mut self) {
        self.ended = true;
        let alarm = &mut self.alarm;
        self.panicked.run(|| alarm.clear());
        let state = self.common.state.clone();
        self.panicked.run(|| state.end());
        self.panicked.resume();
    }
}
