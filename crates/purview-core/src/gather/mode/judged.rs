use std::{
    mem,
    task::{Context, Poll, ready},
};

use super::Mode;
use crate::{
    cancel::CancelReason,
    engine::{Engine, Members, Progress},
    error::Failure,
    gather::{
        fails::Fails,
        members::{Futures, Step},
        opened::Opened,
        options::Gather,
        outcome::Outcome,
        source::Source,
    },
    time::Instant,
    wake::part,
};

pub(super) const OPENED: &str = "a gather is opened at its first poll";

/// The futures of a gather, judged by its mode.
struct Judged<'a, S: Source, M> {
    futures: &'a mut Futures<S>,
    mode: &'a M,
    outcome: &'a mut Outcome<<S::Future as Future>::Output>,
}

impl<S: Source, M: Mode<<S::Future as Future>::Output>> Members for Judged<'_, S, M> {
    fn run(&mut self, engine: &mut Engine) -> Progress {
        loop {
            let mut reason = match self.futures.step(engine) {
                Step::Ended(ended) => self.mode.judge(ended, self.outcome, engine),
                Step::Exhausted => None,
                Step::None(progress) => return progress,
            };
            if !engine.is_running() {
                continue;
            }
            let futures = &mut *self.futures;
            reason = reason.or_else(|| self.mode.decide(self.outcome, futures.started, futures.left()));
            if reason.is_some() {
                futures.verdict = reason;
            } else if engine.signal().is_raised(part::CANCEL) {
                return Progress::Busy;
            }
        }
    }

    fn cut(&mut self, engine: &mut Engine, reason: &CancelReason) {
        self.futures.cut(engine, reason);
    }

    fn due(&self, engine: &Engine) -> Option<Instant> {
        self.futures.due(engine)
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, M> Gather<S, M> {
    pub(super) fn open(&mut self) -> &mut Opened<S> {
        assert!(!self.outcome.done, "a gather must not be polled after it has completed");
        let reports_each = self.reports_each;
        let (source, options, outcome) = (&mut self.source, &mut self.options, &mut self.outcome);
        self.opened.get_or_insert_with(|| {
            let source = source.take().expect("it has its source until it is opened");
            outcome.total = source.left().unwrap_or(0);
            Opened::new(source, reports_each, Fails::of_results(), mem::take(options))
        })
    }

    /// Runs to the end.
    pub(super) fn poll_to_end(&mut self, cx: &Context<'_>) -> Poll<()>
    where
        M: Mode<Result<T, E>>,
    {
        self.open();
        let Opened { engine, futures } = self.opened.as_mut().expect(OPENED);
        let mut judged = Judged {
            futures,
            mode: &self.mode,
            outcome: &mut self.outcome,
        };
        ready!(engine.drive(&mut judged, cx));
        self.outcome.stopped = engine.stage.stopped().cloned();
        self.end();
        Poll::Ready(())
    }
}

impl<S: Source, M> Gather<S, M> {
    /// All have ended; resumes a panic if there was one.
    pub(super) fn end(&mut self) {
        self.outcome.done = true;
        self.opened.as_mut().expect(OPENED).end();
    }

    /// Drops all futures, unpolled: the answer is known from the start.
    pub(super) fn decide_at_once(&mut self) {
        self.outcome.done = true;
        self.source = None;
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, M> Gather<S, M> {
    pub(super) fn take_failures(&mut self) -> Vec<Failure<E>> {
        let Some(opened) = &self.opened else { return Vec::new() };
        self.outcome.take_failures(opened.engine.node.naming())
    }
}
