mod cut;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use pin_project_lite::pin_project;

use super::{
    member::Common,
    stage::Stage,
    tuple::{Slots, Told},
};
use crate::{
    cancel::CancelReason,
    context,
    deadline::Alarm,
    error::FirstPanic,
    runtime::Timer,
    scope::{Options, State, lane, part},
};

pin_project! {
    /// Drives the futures of a `gather!`, which stay in their slots.
    pub(super) struct Team<S: Slots> {
        #[pin]
        pub(super) slots: S,
        pub(super) options: Options,
        pub(super) run: Option<Run>,
    }

    impl<S: Slots> PinnedDrop for Team<S> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            match this.run {
                Some(run) => run.drop_everybody(this.slots.as_mut()),
                None => cut::drop_unpolled(this.slots.as_mut()),
            }
        }
    }
}

/// A `gather!` from its first poll on.
pub(super) struct Run {
    pub(super) common: Common,
    limit: usize,
    /// One bit for each future.
    started: u32,
    ended: u32,
    stage: Stage,
    alarm: Alarm,
    alarm_waker: Option<Waker>,
    /// Who failed, in the order they did.
    pub(super) failed: Vec<usize>,
    pub(super) panicked: FirstPanic,
    /// Whether the first failure ends it; else each future is reported by itself, its panic too.
    fail_fast: bool,
    /// When the rate lets the next one start.
    next_start: Option<Instant>,
    over: bool,
}

impl Run {
    fn open<S: Slots>(mut options: Options, fail_fast: bool) -> Self {
        let limit = options.limit.take().map_or(S::LEN, std::num::NonZeroUsize::get);
        let state = State::new(options);
        state.open();
        Self {
            common: Common {
                state,
                bindings: context::bindings(),
            },
            limit,
            started: 0,
            ended: 0,
            stage: Stage::Running,
            alarm: Alarm::default(),
            alarm_waker: None,
            failed: Vec::new(),
            panicked: FirstPanic::default(),
            fail_fast,
            next_start: None,
            over: false,
        }
    }

    pub(super) fn stopped(&self) -> Option<&CancelReason> {
        self.stage.stopped()
    }

    fn is_running(&self) -> bool {
        self.stage.is_running()
    }

    /// Ready when all have ended.
    fn pass<S: Slots>(&mut self, mut slots: Pin<&mut S>) -> bool {
        let state = self.common.state.clone();
        let alarmed = state.signal.take(part::ALARM);
        let expired = self.is_running() && state.is_expired();
        if expired && self.started == 0 {
            self.cut(&CancelReason::DeadlineExceeded, slots.as_mut());
        }
        let mut polled = 0;
        loop {
            if state.is_to_be_cut() && self.is_running() {
                self.cut(state.reason().unwrap_or(&CancelReason::Requested(None)), slots.as_mut());
            }
            self.end_grace(slots.as_mut());
            self.start::<S>();
            if !self.poll_woken(&mut polled, slots.as_mut()) {
                if self.is_over::<S>() {
                    return true;
                }
                if !(expired && self.is_running() && state.is_expired()) {
                    break;
                }
                self.cut(&CancelReason::DeadlineExceeded, slots.as_mut());
            }
        }
        self.set_alarm(alarmed);
        false
    }

    /// Polls those who were woken, each once in a pass; gives whether there were any.
    fn poll_woken<S: Slots>(&mut self, polled: &mut u32, mut slots: Pin<&mut S>) -> bool {
        let state = self.common.state.clone();
        // Wakers of those who have ended may still be about: nobody looks at what they raise.
        state.signal.take(self.ended * part::MEMBER);
        let mut any = false;
        for index in 0..S::LEN {
            let bit = 1 << index;
            let turn = self.started & !self.ended & !*polled & bit != 0;
            if !turn || state.signal.is_raised(part::CANCEL) || !state.signal.take(member_part(index)) {
                continue;
            }
            any = true;
            *polled |= bit;
            if let Poll::Ready(told) = slots.as_mut().poll(index, &self.common) {
                self.note(index, told, slots.as_mut());
            }
        }
        any
    }

    fn note<S: Slots>(&mut self, index: usize, told: Told, mut slots: Pin<&mut S>) {
        self.ended |= 1 << index;
        if !self.fail_fast {
            return;
        }
        match told {
            Told::Succeeded | Told::Cancelled => {}
            Told::Failed => {
                self.failed.push(index);
                self.cut(&CancelReason::Failed, slots);
            }
            Told::Panicked => {
                self.keep_panic(index, slots.as_mut());
                self.cut(&CancelReason::Panicked, slots);
            }
        }
    }

    /// Starts as many as there is room for.
    fn start<S: Slots>(&mut self) {
        self.next_start = None;
        if !self.is_running() {
            return;
        }
        while (self.started.count_ones() as usize) < S::LEN
            && ((self.started & !self.ended).count_ones() as usize) < self.limit
        {
            let state = &self.common.state;
            self.next_start = state.rate().and_then(|rate| rate.start(state.runtime().now()).err());
            if self.next_start.is_some() {
                break;
            }
            let index = self.started.trailing_ones() as usize;
            self.started |= 1 << index;
            self.common.state.signal.raise(member_part(index));
        }
    }

    fn is_over<S: Slots>(&self) -> bool {
        self.started == self.ended && (!self.is_running() || self.started.count_ones() as usize == S::LEN)
    }

    fn set_alarm(&mut self, alarmed: bool) {
        let state = self.common.state.clone();
        let bound = self.stage.bound(&state);
        let at = bound.into_iter().chain(self.next_start).min();
        if !alarmed && self.alarm.instant() == at {
            return;
        }
        if at.is_none() {
            self.alarm.clear();
            return;
        }
        let waker = self.alarm_waker.get_or_insert_with(|| lane::<{ part::ALARM }>(&state));
        if self.alarm.set(at, &**state.runtime(), waker).is_ready() {
            state.signal.raise(part::ALARM);
        }
    }

    fn end(&mut self) {
        self.over = true;
        self.alarm.clear();
        let state = self.common.state.clone();
        self.panicked.run(|| state.end());
        self.panicked.resume();
    }
}

impl<S: Slots> Team<S> {
    pub(super) fn new(slots: S) -> Self {
        Self {
            slots,
            options: Options::default(),
            run: None,
        }
    }

    /// Ready when all have ended.
    pub(super) fn poll(self: Pin<&mut Self>, cx: &Context<'_>, fail_fast: bool) -> Poll<()> {
        let mut this = self.project();
        let run = this
            .run
            .get_or_insert_with(|| Run::open::<S>(std::mem::take(this.options), fail_fast));
        assert!(!run.over, "a gather must not be polled after it has completed");
        let state = run.common.state.clone();
        state.signal.begin(cx.waker());
        let pass = Pass(&state);
        if !run.pass(this.slots.as_mut()) {
            return Poll::Pending;
        }
        drop(pass);
        run.end();
        Poll::Ready(())
    }
}

/// Ends the pass on every way out.
struct Pass<'a>(&'a State);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.signal.end();
    }
}

const fn member_part(index: usize) -> u32 {
    part::MEMBER << index
}

/// Which member it is stands in the type of its waker, which so costs one allocation and no more.
const WAKERS: [fn(&Arc<State>) -> Waker; 12] = [
    lane::<{ member_part(0) }>,
    lane::<{ member_part(1) }>,
    lane::<{ member_part(2) }>,
    lane::<{ member_part(3) }>,
    lane::<{ member_part(4) }>,
    lane::<{ member_part(5) }>,
    lane::<{ member_part(6) }>,
    lane::<{ member_part(7) }>,
    lane::<{ member_part(8) }>,
    lane::<{ member_part(9) }>,
    lane::<{ member_part(10) }>,
    lane::<{ member_part(11) }>,
];

/// The waker of one member.
pub(super) fn member_waker(state: &Arc<State>, index: usize) -> Waker {
    WAKERS[index](state)
}
