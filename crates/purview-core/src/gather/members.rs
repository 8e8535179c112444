use std::{
    mem,
    num::NonZeroUsize,
    sync::Arc,
    task::{Poll, Waker},
};

use super::{
    dropped::Dropped,
    fails::Fails,
    numbered::{Ended, Left, Numbered},
    source::{Source, SourceState},
};
use crate::{
    cancel::CancelReason,
    context::{self, Binding},
    engine::{Engine, Members, Options, Progress, Rate, Set, pass},
    panic::OneByOne,
    time::Instant,
    tree::TaskNode,
    wake::part,
};

/// The futures of a gather: those that run, those that have been dropped and not reported, and the source of the others.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact by itself")]
pub(super) struct Futures<S: Source> {
    pub(super) source: S,
    pub(super) state: SourceState,
    pub(super) source_waker: Option<Waker>,
    pub(super) limit: Option<NonZeroUsize>,
    pub(super) rate: Option<Rate>,
    pub(super) next_start: Option<Instant>,
    /// Pulled, and kept back by the rate.
    pub(super) next: Option<Box<S::Future>>,
    pub(super) bindings: Option<Arc<Binding>>,
    pub(super) set: Set<Numbered<S::Future>>,
    /// The set may have more that were woken, although its part is not raised.
    has_more: bool,
    pub(super) running: usize,
    /// How many have been started.
    pub(super) started: usize,
    /// Whether the present pass has started some.
    pub(super) has_started: bool,
    /// The last pass did nothing but start futures: they come first in this one.
    polls_first: bool,
    /// How many of those that have ended still have their places under the limit.
    pub(super) backlog: usize,
    /// Whether each future is reported by itself, its panic too.
    pub(super) reports_each: bool,
    pub(super) fails: Fails<<S::Future as Future>::Output>,
    /// Those that were dropped when the gather was cut, where each is reported.
    pub(super) dropped: Dropped<<S::Future as Future>::Output>,
    /// Something that these have started runs on another thread: they are waited for, and not reported before.
    elsewhere: OneByOne<Vec<Elsewhere<<S::Future as Future>::Output>>>,
    /// Those that had not started have been dropped.
    pub(super) is_cut: bool,
    /// Why the others are to be dropped, once the mode knows.
    pub(super) verdict: Option<CancelReason>,
    /// What has ended, where each is given to the caller.
    pub(super) item: Option<Ended<<S::Future as Future>::Output>>,
}

type Elsewhere<O> = (Arc<TaskNode>, Option<Ended<O>>);

/// What came of a step.
pub(super) enum Step<O> {
    Ended(Ended<O>),
    /// There will be no more futures than there have been; given once.
    Exhausted,
    /// There is nothing to give.
    None(Progress),
}

impl<S: Source> Futures<S> {
    pub(super) fn new(
        source: S,
        reports_each: bool,
        fails: Fails<<S::Future as Future>::Output>,
        options: &mut Options,
    ) -> Self {
        Self {
            source,
            state: SourceState::Ready,
            source_waker: None,
            limit: options.limit.take(),
            rate: options.rate.take(),
            next_start: None,
            next: None,
            bindings: context::bindings(),
            set: Set::new(),
            has_more: false,
            running: 0,
            started: 0,
            has_started: false,
            polls_first: false,
            backlog: 0,
            reports_each,
            fails,
            dropped: Dropped::new(),
            elsewhere: OneByOne::default(),
            is_cut: false,
            verdict: None,
            item: None,
        }
    }

    /// Whether the source is no stream, whose end has to be seen.
    pub(super) fn has_known_length(&self) -> bool {
        self.source.left().is_some()
    }

    /// How many can still end, as far as that is known: those under way, and those to come.
    pub(super) fn left(&self) -> Option<usize> {
        let to_come = if self.state.is_exhausted() {
            0
        } else {
            self.source.left()?
        };
        Some(self.running + usize::from(self.next.is_some()) + to_come)
    }

    /// Polls until one has ended, or there is nothing to do for now.
    pub(super) fn step(&mut self, engine: &mut Engine) -> Step<<S::Future as Future>::Output> {
        if let Some(cut) = self.verdict(engine) {
            return Step::None(cut);
        }
        if let Some(ended) = self.take_ended() {
            return Step::Ended(ended);
        }
        let polls_first = mem::take(&mut self.polls_first);
        let started = !polls_first && self.start(engine);
        if let Some(cut) = self.verdict(engine) {
            return Step::None(cut);
        }
        if self.state == SourceState::JustExhausted && engine.is_running() {
            self.state = SourceState::Exhausted;
            return Step::Exhausted;
        }
        if let Some(ended) = self.poll(engine) {
            return Step::Ended(ended);
        }
        Step::None(if self.is_over(engine) {
            Progress::Over
        } else {
            self.pause(engine, started || polls_first)
        })
    }

    /// Asked for until it is done: a cancellation may come first, and be none yet.
    pub(super) fn verdict(&self, engine: &Engine) -> Option<Progress> {
        let reason = self.verdict.as_ref().filter(|_| engine.is_running());
        reason.cloned().map(Progress::Cut)
    }

    /// Polls those that were woken until one has ended that may be reported.
    fn poll(&mut self, engine: &Engine) -> Option<Ended<<S::Future as Future>::Output>> {
        while !pass::is_over() && (engine.signal().take(part::CHILDREN) | mem::take(&mut self.has_more)) {
            let Poll::Ready(Some(left)) = self.set.poll(&engine.node) else {
                break;
            };
            pass::count_step();
            self.has_more = true;
            self.running -= 1;
            let ended = self.keep_elsewhere(left);
            if ended.is_some() {
                return ended;
            }
        }
        None
    }

    /// Gives how it ended if that may be reported now.
    #[inline]
    pub(super) fn keep_elsewhere(
        &mut self,
        (ended, task): Left<<S::Future as Future>::Output>,
    ) -> Option<Ended<<S::Future as Future>::Output>> {
        let Some(task) = task else { return Some(ended) };
        let (now, later) = if self.reports_each {
            (None, Some(ended))
        } else {
            (Some(ended), None)
        };
        self.elsewhere.push((task, later));
        now
    }

    /// The next that has ended and was not reported at once.
    fn take_ended(&mut self) -> Option<Ended<<S::Future as Future>::Output>> {
        let mut at = 0;
        while let Some((task, _)) = self.elsewhere.get(at) {
            if task.is_elsewhere() {
                at += 1;
            } else if let (_, Some(ended)) = self.elsewhere.remove(at) {
                return Some(ended);
            }
        }
        self.dropped.next()
    }

    fn is_over(&self, engine: &Engine) -> bool {
        let none_to_start = !engine.is_running() || (self.state.is_exhausted() && self.next.is_none());
        self.running == 0 && none_to_start && self.dropped.is_empty() && self.elsewhere.is_empty()
    }

    /// There is nothing to do, or the pass has done enough: then what is left wakes the next one.
    fn pause(&mut self, engine: &Engine, is_busy: bool) -> Progress {
        let signal = engine.signal();
        if !pass::is_over() {
            if is_busy || signal.is_raised(part::CHILDREN) {
                return Progress::Busy;
            }
            self.has_started = false;
            return Progress::Idle;
        }
        if mem::take(&mut self.has_more) {
            signal.raise(part::CHILDREN);
        }
        if self.state == SourceState::Ready && self.next_start.is_none() && self.may_start(engine) {
            signal.raise(part::SOURCE);
        }
        let has_started = mem::take(&mut self.has_started);
        self.polls_first = has_started && pass::has_no_steps() && signal.is_raised(part::CHILDREN);
        Progress::Busy
    }

    /// What has ended and is reported no more, because the gather's future is being dropped.
    pub(super) fn drop_unreported(&mut self, engine: &mut Engine) {
        let elsewhere = self.elsewhere.take_all();
        let unreported = elsewhere.into_iter().filter_map(|(_, ended)| ended);
        for ended in self.dropped.take_all().into_iter().chain(unreported) {
            ended.drop_into(&mut engine.panicked);
        }
    }
}

impl<S: Source> Members for Futures<S> {
    /// Gives each to the caller as it ends.
    fn run(&mut self, engine: &mut Engine) -> Progress {
        loop {
            match self.step(engine) {
                Step::Ended(ended) => {
                    self.item = Some(ended);
                    return Progress::Item;
                }
                Step::Exhausted => {}
                Step::None(progress) => return progress,
            }
        }
    }

    fn cut(&mut self, engine: &mut Engine, reason: &CancelReason) {
        self.drop_those_that_do_not_hold(engine, reason);
    }

    fn due(&self, _: &Engine) -> Option<Instant> {
        self.next_start
    }
}
