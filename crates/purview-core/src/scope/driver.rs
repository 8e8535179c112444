//! Polls, cancels, waits and drops. What an end means it asks the policy.
//!
//! One poll of a scope is one pass: first the deadline, then the body and the children that were woken, each at most
//! once, in turns, until nothing is left to do or the pass has done enough. Cancellation is in `cut.rs`, the order of
//! the end in `ending.rs`.

use std::{
    collections::{BTreeMap, VecDeque},
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll, Waker},
    time::Instant,
};

use futures_util::stream::{FuturesUnordered, Stream};

use super::{
    child::Child,
    desk::Desk,
    ending::Progress,
    fruitless,
    kept::Kept,
    kind::{Boxed, Kind},
    seat::Seat,
    shared::Shared,
    signal::{Signal, lane, part},
    state::State,
};
use crate::{
    cancel::CancelReason,
    context::{self, Frame, TaskId},
    deadline::Alarm,
    error::FirstPanic,
    policy::Policy,
};

pub(super) struct Engine<'env, P: Policy, K: Kind> {
    pub(super) shared: Arc<Shared<'env, P, K>>,
    pub(super) desk: Arc<Desk<P>>,
    pub(super) set: FuturesUnordered<Seat<Boxed<'env, P, K>, P>>,
    /// Children that may start.
    pub(super) ready: VecDeque<Boxed<'env, P, K>>,
    /// Children that the limit keeps waiting.
    pub(super) waiting: VecDeque<Boxed<'env, P, K>>,
    pub(super) kept: Kept<Boxed<'env, P, K>>,
    /// Ordinary children that have been taken out of the queue and have not ended.
    pub(super) ordinary: usize,
    pub(super) daemons: BTreeMap<TaskId, Arc<Frame>>,
    pub(super) finalizing: bool,
    pub(super) stage: Stage,
    /// What a finalizer did that would have cancelled the scope, had there been anybody to cancel.
    pub(super) broke: Option<CancelReason>,
    pub(super) body: BodyStage,
    /// The deadline had passed before the first poll, and an outer one is to be reported.
    late: bool,
    /// Why a child came to nothing through nobody's wish, where its task cannot say so: the body's value is then not the
    /// whole truth.
    pub(super) lost: Option<CancelReason>,
    /// How many polls the children are due before the body, which has yielded, is polled again.
    owed: usize,
    pub(super) alarm: Alarm,
    /// When the rate lets the next child start.
    pub(super) next_start: Option<Instant>,
    /// Tasks that were cancelled alone and hold, and how long they may.
    pub(super) reprieved: Vec<(Instant, Arc<Frame>)>,
    /// Panics of policies and of other people's wakers.
    pub(super) panicked: FirstPanic,
    lanes: Option<Lanes>,
}

/// How far a scope has come.
pub(super) enum Stage {
    New,
    Running,
    /// Cancelled: those who hold are waited for, at most until the grace is over, and nobody when it is.
    Cut {
        reason: CancelReason,
        until: Option<Instant>,
        hard: bool,
    },
    Ended {
        stop: Option<CancelReason>,
    },
}

/// How far its body has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyStage {
    New,
    Started,
    Ended,
}

struct Lanes {
    body: Waker,
    children: Waker,
    alarm: Waker,
}

impl<'env, P: Policy, K: Kind> Engine<'env, P, K> {
    pub(super) fn new(shared: Arc<Shared<'env, P, K>>, policy: P) -> Self {
        Self {
            shared,
            desk: Desk::new(policy),
            set: FuturesUnordered::new(),
            ready: VecDeque::new(),
            waiting: VecDeque::new(),
            kept: Kept::new(),
            ordinary: 0,
            daemons: BTreeMap::new(),
            finalizing: false,
            stage: Stage::New,
            broke: None,
            body: BodyStage::New,
            late: false,
            lost: None,
            owed: 0,
            alarm: Alarm::default(),
            next_start: None,
            reprieved: Vec::new(),
            panicked: FirstPanic::default(),
            lanes: None,
        }
    }

    /// Ready when everybody has ended and all that is left is to ask the policy for the result.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, mut body: Pin<&mut dyn Child<P>>) -> Poll<()> {
        let state = self.shared.state.clone();
        state.signal.begin(cx.waker());
        let _pass = Pass {
            signal: &state.signal,
            _turn: fruitless::begin(),
        };
        if matches!(self.stage, Stage::New) {
            self.open(body.as_mut());
        }
        let alarmed = state.signal.take(part::ALARM);
        if self.pass(&state, body) {
            state.signal.clear();
            return Poll::Ready(());
        }
        self.set_alarm(alarmed);
        Poll::Pending
    }

    fn open(&mut self, body: Pin<&mut dyn Child<P>>) {
        self.stage = Stage::Running;
        let state = self.shared.state.clone();
        let lanes = Lanes {
            body: lane::<{ part::BODY }>(&state),
            children: state.clone().into(),
            alarm: lane::<{ part::ALARM }>(&state),
        };
        state.open();
        body.frame().set_place(&lanes.body);
        body.frame().bind(context::bindings());
        self.lanes = Some(lanes);
        state.signal.raise(part::BODY);
        // A scope that begins too late polls nobody.
        self.late = state.is_overdue();
        if state.is_expired() {
            let reason = state.reason().cloned().unwrap_or(CancelReason::DeadlineExceeded);
            self.cut(&reason, body);
        }
    }

    fn pass(&mut self, state: &Arc<State>, mut body: Pin<&mut dyn Child<P>>) -> bool {
        let signal = &state.signal;
        let expired = self.is_running() && state.is_expired();
        self.late &= state.is_overdue();
        let mut body_may_run = true;
        loop {
            if state.is_to_be_cut() && self.is_running() {
                let reason = state.reason().cloned().unwrap_or(CancelReason::Requested(None));
                self.cut(&reason, body.as_mut());
            }
            self.stop_single_tasks(signal, body.as_mut());
            self.end_grace(body.as_mut());

            let mut busy = false;
            if self.body == BodyStage::Ended {
                // A waker of its that outlives it asks for nothing.
                signal.take(part::BODY);
            } else if body_may_run && self.is_bodys_turn(signal, body.frame()) && signal.take(part::BODY) {
                busy = true;
                body_may_run = self.poll_body(signal, body.as_mut());
            }
            // Those who are taken in are polled just below.
            self.take_in(signal, body.as_mut());
            if signal.take(part::CHILDREN) {
                busy |= self.poll_children(signal, body.as_mut());
            }
            if signal.is_raised(part::CANCEL) {
                // That comes first, also where everybody has ended: the scope says then that it was cancelled.
                continue;
            }
            match self.advance(body.as_mut()) {
                Progress::Over => return true,
                Progress::Moved => busy = true,
                Progress::None => {}
            }
            if !busy || signal.is_exhausted() {
                break;
            }
        }
        // What this pass has produced is in: only now does the deadline count. It may have been moved meanwhile.
        if expired && self.is_running() && state.is_expired() {
            // A shutdown that the deadline cuts short was there first.
            let first = state.reason().filter(|_| state.soft.load(Ordering::Acquire));
            let reason = first.cloned().unwrap_or(CancelReason::DeadlineExceeded);
            self.cut(&reason, body.as_mut());
            return matches!(self.advance(body), Progress::Over);
        }
        false
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.stage, Stage::Running)
    }

    /// Gives whether the body may be polled again in this pass: not if it has only yielded.
    pub(super) fn poll_body(&mut self, signal: &Signal, mut body: Pin<&mut dyn Child<P>>) -> bool {
        signal.count_step();
        self.body = BodyStage::Started;
        let mut cx = Context::from_waker(&self.lanes().body);
        if let Poll::Ready(verdict) = body.as_mut().poll(&mut cx, &self.desk) {
            self.finish_body(verdict, body);
        }
        let yielded = signal.is_raised(part::BODY);
        if yielded {
            self.sort_in();
            self.owed = self.ordinary + self.daemons.len();
        }
        !yielded
    }

    /// A body that has yielded is polled again when every sibling that was ready has been polled, as in one queue.
    ///
    /// One that is to see its tasks resolve has its last turn when they have.
    fn is_bodys_turn(&self, signal: &Signal, body: &Frame) -> bool {
        let last_turn = body.is_spared() && self.ordinary == 0 && self.daemons.is_empty();
        !self.late && !last_turn && (self.owed == 0 || !signal.is_raised(part::CHILDREN | part::QUEUE))
    }

    fn lanes(&self) -> &Lanes {
        self.lanes
            .as_ref()
            .expect("a scope has its lanes from its first poll on")
    }

    fn poll_children(&mut self, signal: &Signal, mut body: Pin<&mut dyn Child<P>>) -> bool {
        let waker = self.lanes().children.clone();
        let mut cx = Context::from_waker(&waker);
        let before = signal.steps.load(Ordering::Relaxed);
        while let Poll::Ready(Some((child, verdict))) = Pin::new(&mut self.set).poll_next(&mut cx) {
            signal.count_step();
            self.finish_child(child, verdict, body.as_mut());
            // Whatever that child has set going comes before its siblings.
            if signal.is_raised(part::CANCEL | part::QUEUE) || signal.has_no_steps() {
                signal.raise(part::CHILDREN);
                break;
            }
        }
        let polled = signal.steps.load(Ordering::Relaxed) - before;
        self.owed = self.owed.saturating_sub(polled as usize);
        polled != 0
    }

    fn set_alarm(&mut self, alarmed: bool) {
        let state = &self.shared.state;
        let deadline = if self.is_running() { state.own_deadline() } else { None };
        let patience = self.end_of_patience();
        let start = self.next_start.filter(|_| !self.ready.is_empty());
        let reprieved = self.reprieved.iter().map(|(until, _)| *until);
        let at = deadline.into_iter().chain(patience).chain(start).chain(reprieved).min();
        if alarmed || self.alarm.instant() != at {
            let waker = self.lanes().alarm.clone();
            if self.alarm.set(at, &**state.runtime(), &waker).is_ready() {
                state.signal.raise(part::ALARM);
            }
        }
    }
}

/// Ends the pass on every way out, a panic too.
struct Pass<'a> {
    signal: &'a Signal,
    _turn: fruitless::Turn,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.signal.end();
    }
}
