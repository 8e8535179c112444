use std::{
    cmp::Reverse,
    mem,
    num::NonZeroUsize,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use super::{
    dropped::Dropped,
    numbered::{Ended, Left, Numbered},
    source::{Source, SourceState},
};
use crate::{
    cancel::CancelReason,
    context::{self, Binding},
    engine::{Engine, Members, Options, Progress, Rate, Set, pass},
    panic::{OneByOne, catch, catch_expected},
    runtime::Timer,
    tree::TaskNode,
    wake::{part, part_waker},
};

/// So many futures are started before those that run get their turn: a source may always have another one.
const AT_ONCE: usize = 32;

/// The futures of a gather: those that run, those that have been dropped and not reported, and the source of the others.
pub(super) struct Futures<S: Source> {
    source: S,
    state: SourceState,
    source_waker: Option<Waker>,
    limit: Option<NonZeroUsize>,
    rate: Option<Rate>,
    next_start: Option<Instant>,
    /// Pulled, and kept back by the rate.
    next: Option<Box<S::Future>>,
    bindings: Option<Arc<Binding>>,
    set: Set<Numbered<S::Future>>,
    /// The set may have more that were woken, although its part is not raised.
    has_more: bool,
    pub(super) running: usize,
    /// How many have been started.
    pub(super) started: usize,
    /// Whether the present pass has started some.
    has_started: bool,
    /// The last pass did nothing but start futures: they come first in this one.
    polls_first: bool,
    /// How many of those that have ended still have their places under the limit.
    pub(super) backlog: usize,
    /// Whether each future is reported by itself, its panic too.
    pub(super) reports_each: bool,
    /// Those that were dropped when the gather was cut, where each is reported.
    dropped: Dropped<<S::Future as Future>::Output>,
    /// Something that these have started runs on another thread: they are waited for, and not reported before.
    elsewhere: OneByOne<Vec<Elsewhere<<S::Future as Future>::Output>>>,
    /// Those that had not started have been dropped.
    is_cut: bool,
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
    pub(super) fn new(source: S, reports_each: bool, options: &mut Options) -> Self {
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

    /// Goes on until one has ended, or there is nothing to do for now.
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
    fn keep_elsewhere(
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

    fn may_start(&self, engine: &Engine) -> bool {
        let has_room = self.limit.is_none_or(|limit| self.running + self.backlog < limit.get());
        has_room && engine.is_running() && !engine.late
    }

    /// Starts those for which there is room, some at a time; gives whether there were any.
    fn start(&mut self, engine: &mut Engine) -> bool {
        if engine.signal().take(part::SOURCE) && self.state == SourceState::Pending {
            self.state = SourceState::Ready;
        }
        self.next_start = None;
        let before = self.started;
        while self.started - before < AT_ONCE && self.may_start(engine) && !pass::has_no_steps() {
            let Some(fut) = self.pull(engine) else { break };
            if let Some(Err(at)) = self.rate.as_ref().map(|rate| rate.start(engine.now())) {
                self.next_start = Some(at);
                self.next = Some(Box::new(fut));
                break;
            }
            let member = Numbered::new(fut, self.started, &engine.node, self.bindings.clone());
            self.set.push(member, &engine.node);
            self.started += 1;
            self.running += 1;
            self.has_started = true;
            pass::count_step();
        }
        self.started > before
    }

    /// The next future, if there is one now.
    fn pull(&mut self, engine: &mut Engine) -> Option<S::Future> {
        if let Some(next) = self.next.take() {
            return Some(*next);
        }
        if self.state != SourceState::Ready {
            return None;
        }
        if self.source.left().is_none() {
            return self.pull_from_stream(engine);
        }
        let first = self.source.take_first();
        if first.is_none() {
            self.state = SourceState::JustExhausted;
            self.source.close();
        }
        first
    }

    fn pull_from_stream(&mut self, engine: &mut Engine) -> Option<S::Future> {
        let source = &mut self.source;
        let waker = self
            .source_waker
            .get_or_insert_with(|| part_waker::<{ part::SOURCE }, _>(&engine.node));
        let pulled = catch_expected(|| {
            let pulled = source.poll_next(&mut Context::from_waker(waker));
            if matches!(pulled, Poll::Ready(None)) {
                source.close();
            }
            pulled
        });
        match pulled {
            Ok(Poll::Ready(Some(fut))) => return Some(fut),
            Ok(Poll::Ready(None)) => self.state = SourceState::JustExhausted,
            Ok(Poll::Pending) => self.state = SourceState::Pending,
            Err(panic) => {
                self.state = SourceState::Exhausted;
                engine.panicked.keep(panic);
                self.verdict.get_or_insert(CancelReason::Panicked);
            }
        }
        None
    }

    fn drop_unstarted(&mut self, engine: &mut Engine, reason: &CancelReason) {
        if mem::replace(&mut self.is_cut, true) {
            return;
        }
        let next = self.next.take();
        let from = self.started;
        self.started += usize::from(next.is_some()) + self.source.left().unwrap_or(0);
        self.state = SourceState::Exhausted;
        if self.reports_each {
            self.dropped.never_started(from..self.started, reason);
        }
        let mut index = self.started;
        while let Some(fut) = self.source.take_last() {
            index -= 1;
            self.drop_one_unstarted(index, fut, engine);
        }
        if let Some(fut) = next {
            self.drop_one_unstarted(from, fut, engine);
        }
        engine.panicked.run(|| self.source.close());
    }

    fn drop_one_unstarted<F>(&mut self, index: usize, fut: F, engine: &mut Engine) {
        match catch(|| drop(fut)) {
            Err(panic) if self.reports_each => self.dropped.panicked(index, panic),
            Err(panic) => engine.panicked.keep(panic),
            Ok(()) => {}
        }
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

    /// Those that have not started are dropped too, and first.
    fn cut(&mut self, engine: &mut Engine, reason: &CancelReason) {
        self.drop_unstarted(engine, reason);
        let id = |place: &Option<Numbered<S::Future>>| place.as_ref().map(Numbered::id);
        let is_to_go = |place: &Option<Numbered<S::Future>>| place.as_ref().is_some_and(|member| !member.holds());
        let mut places: Vec<_> = self.set.iter().filter(|place| is_to_go(place)).collect();
        // The set keeps its futures by when they were last polled.
        places.sort_by_key(|place| Reverse(id(place)));
        let mut left = Vec::with_capacity(places.len());
        for mut place in places {
            left.extend(place.as_mut().as_pin_mut().map(|member| member.cut(reason)));
            place.set(None);
        }
        self.running -= left.len();
        let ended: Vec<_> = left.into_iter().filter_map(|left| self.keep_elsewhere(left)).collect();
        if self.reports_each {
            self.dropped.dropped(ended);
        } else {
            for ended in ended {
                ended.drop_into(&mut engine.panicked);
            }
        }
    }

    fn due(&self, _: &Engine) -> Option<Instant> {
        self.next_start
    }
}
