use std::task::{Context, Poll};

use super::{
    crew::{Crew, Turn},
    member::Ended,
    options::Gather,
    source::Source,
};
use crate::{
    cancel::CancelReason,
    error::{Failure, OneByOne, TaskError},
    policy::End,
    scope::State,
};

/// What has come of the futures of a gather so far.
pub(super) struct Outcome<O> {
    /// How many there are, where that is known from the start.
    pub(super) total: usize,
    /// By index; in a race only of those who failed.
    ends: OneByOne<Vec<Option<Ended<O>>>>,
    /// Who failed, in the order they did.
    failed: Vec<usize>,
    /// Who won a race, in the order they did.
    pub(super) won: OneByOne<Vec<Ended<O>>>,
    /// Why it was cut.
    pub(super) stopped: Option<CancelReason>,
    pub(super) done: bool,
}

impl<O> Outcome<O> {
    pub(super) fn new() -> Self {
        Self {
            total: 0,
            ends: OneByOne::default(),
            failed: Vec::new(),
            won: OneByOne::default(),
            stopped: None,
            done: false,
        }
    }

    pub(super) fn keep(&mut self, ended: Ended<O>) {
        let index = ended.index;
        if self.ends.len() <= index {
            let more = self.total.saturating_sub(self.ends.len());
            self.ends.reserve_exact(more);
            self.ends.resize_with(index + 1, || None);
        }
        self.ends[index] = Some(ended);
    }

    pub(super) fn keep_failure(&mut self, ended: Ended<O>) {
        self.failed.push(ended.index);
        self.keep(ended);
    }

    /// Drops what came of the others, which nobody is given.
    pub(super) fn drop_others(&mut self) {
        drop(OneByOne::new(self.ends.take_all()));
        drop(OneByOne::new(self.won.take_all()));
    }

    /// Why a race is lost: there never were enough futures for it, or too many failed.
    pub(super) fn why_lost(&self, too_few: bool) -> CancelReason {
        if too_few && self.failed.is_empty() {
            CancelReason::Ended
        } else {
            CancelReason::Failed
        }
    }
}

impl<T, E> Outcome<Result<T, E>> {
    /// The failures in the order they happened.
    pub(super) fn take_failures(&mut self, state: &State) -> Vec<Failure<E>> {
        let failed = std::mem::take(&mut self.failed);
        let failures = failed.into_iter().filter_map(|index| {
            let ended = self.ends[index].take()?;
            let task = ended.info(state);
            let error = into_result(ended.end).err()?;
            Some(Failure { task, error })
        });
        let mut failures = OneByOne::new(failures.collect::<Vec<_>>());
        self.drop_others();
        failures.take_all()
    }

    /// All values, in the order of the input.
    pub(super) fn take_values(&mut self) -> Vec<T> {
        self.ends
            .take_all()
            .into_iter()
            .filter_map(|ended| into_result(ended?.end).ok())
            .collect()
    }

    /// All results, in the order of the input.
    pub(super) fn take_results(&mut self) -> Vec<Result<T, TaskError<E>>> {
        self.ends
            .take_all()
            .into_iter()
            .map(|ended| into_result(ended.expect("each of them has been reported").end))
            .collect()
    }
}

pub(super) fn into_result<T, E>(end: End<Result<T, E>>) -> Result<T, TaskError<E>> {
    match end {
        End::Returned(result) => result.map_err(TaskError::Failed),
        End::Panicked(panic) => Err(TaskError::Panicked(panic)),
        End::Cancelled(reason) => Err(TaskError::Cancelled(reason)),
    }
}

/// What a gather's mode is told of.
pub(super) enum Event<O> {
    Ended(Ended<O>),
    /// There will be no more futures than there have been.
    Exhausted,
}

pub(super) const OPENED: &str = "a gather is opened at its first poll";

impl<S: Source, M> Gather<S, M> {
    pub(super) fn open(&mut self) -> &mut Crew<S> {
        assert!(!self.outcome.done, "a gather must not be polled after it has completed");
        let reports_each = self.reports_each;
        let (source, options, outcome) = (&mut self.source, &mut self.options, &mut self.outcome);
        self.crew.get_or_insert_with(|| {
            let source = source.take().expect("it has its source until it is opened");
            outcome.total = source.left().unwrap_or(0);
            Crew::open(source, reports_each, std::mem::take(options))
        })
    }

    /// Runs to the end; `judge` is told what happens, and may say that the others are to be cut, and why.
    pub(super) fn poll_to_end(
        &mut self,
        cx: &mut Context<'_>,
        mut judge: impl FnMut(
            &mut Crew<S>,
            &mut Outcome<<S::Future as Future>::Output>,
            Event<<S::Future as Future>::Output>,
        ) -> Option<CancelReason>,
    ) -> Poll<()> {
        self.open();
        let crew = self.crew.as_mut().expect(OPENED);
        let mut pass = crew.begin(cx);
        loop {
            let event = match crew.turn(&mut pass, 0) {
                Turn::Ended(ended) => Event::Ended(ended),
                Turn::Exhausted => Event::Exhausted,
                Turn::Waiting => return Poll::Pending,
                Turn::Over => break,
            };
            if let Some(reason) = judge(crew, &mut self.outcome, event) {
                crew.cut(&reason);
            }
        }
        pass.end_quietly();
        self.outcome.done = true;
        self.outcome.stopped = crew.stopped().cloned();
        crew.end();
        Poll::Ready(())
    }

    /// Drops everybody, unpolled: the answer is known from the start.
    pub(super) fn decide_at_once(&mut self) {
        self.outcome.done = true;
        self.source = None;
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, M> Gather<S, M> {
    pub(super) fn take_failures(&mut self) -> Vec<Failure<E>> {
        let Some(crew) = &self.crew else { return Vec::new() };
        self.outcome.take_failures(crew.state())
    }
}
