use std::task::{Context, Poll};

use super::{
    crew::{Crew, Turn},
    member::Ended,
    options::Gather,
    source::Source,
};
use crate::{
    cancel::CancelReason,
    error::{Failure, TaskError},
    policy::End,
    scope::State,
};

/// What has come of the futures of a gather so far.
pub(super) struct Outcome<O> {
    /// How many there are, where that is known from the start.
    pub(super) total: usize,
    /// By index; in a race only of those who failed.
    ends: Vec<Option<Ended<O>>>,
    /// Who failed, in the order they did.
    failed: Vec<usize>,
    /// Who won a race, in the order they did.
    pub(super) won: Vec<Ended<O>>,
    /// Why it was cut.
    pub(super) stopped: Option<CancelReason>,
    pub(super) done: bool,
}

impl<O> Outcome<O> {
    pub(super) fn new() -> Self {
        Self {
            total: 0,
            ends: Vec::new(),
            failed: Vec::new(),
            won: Vec::new(),
            stopped: None,
            done: false,
        }
    }

    pub(super) fn keep(&mut self, ended: Ended<O>) {
        let index = ended.index;
        if self.ends.len() <= index {
            let len = self.total.max(index + 1);
            self.ends.reserve_exact(len - self.ends.len());
            self.ends.resize_with(index + 1, || None);
        }
        self.ends[index] = Some(ended);
    }

    pub(super) fn keep_failure(&mut self, ended: Ended<O>) {
        self.failed.push(ended.index);
        self.keep(ended);
    }
}

impl<T, E> Outcome<Result<T, E>> {
    /// The failures in the order they happened.
    pub(super) fn take_failures(&mut self, state: &State) -> Vec<Failure<E>> {
        let failed = std::mem::take(&mut self.failed);
        failed
            .into_iter()
            .filter_map(|index| {
                let ended = self.ends[index].take()?;
                let task = ended.info(state);
                let error = into_result(ended.end).err()?;
                Some(Failure { task, error })
            })
            .collect()
    }

    /// All values, in the order of the input.
    pub(super) fn take_values(&mut self) -> Vec<T> {
        std::mem::take(&mut self.ends)
            .into_iter()
            .filter_map(|ended| into_result(ended?.end).ok())
            .collect()
    }

    /// All results, in the order of the input; who never started was cancelled.
    pub(super) fn take_results(&mut self, started: usize) -> Vec<Result<T, TaskError<E>>> {
        let reason = self.stopped.clone().unwrap_or(CancelReason::Ended);
        let mut results = Vec::with_capacity(self.total.max(started));
        results.extend(std::mem::take(&mut self.ends).into_iter().map(|ended| match ended {
            Some(ended) => into_result(ended.end),
            None => Err(TaskError::Cancelled(reason.clone())),
        }));
        results.resize_with(self.total.max(started), || Err(TaskError::Cancelled(reason.clone())));
        results
    }
}

pub(super) fn into_result<T, E>(end: End<Result<T, E>>) -> Result<T, TaskError<E>> {
    match end {
        End::Returned(result) => result.map_err(TaskError::Failed),
        End::Panicked(panic) => Err(TaskError::Panicked(panic)),
        End::Cancelled(reason) => Err(TaskError::Cancelled(reason)),
    }
}

impl<S: Source, M> Gather<S, M> {
    pub(super) fn open(&mut self) -> &mut Crew<S::Future> {
        assert!(!self.outcome.done, "a gather must not be polled after it has completed");
        if self.crew.is_none() {
            self.outcome.total = self.source.left().unwrap_or(0);
        }
        self.crew
            .get_or_insert_with(|| Crew::open(std::mem::take(&mut self.options)))
    }

    /// Runs to the end, asking `judge` about each future that ends; gives how many were started.
    pub(super) fn poll_to_end(
        &mut self,
        cx: &mut Context<'_>,
        mut judge: impl FnMut(
            &mut Crew<S::Future>,
            &S,
            &mut Outcome<<S::Future as Future>::Output>,
            Ended<<S::Future as Future>::Output>,
        ),
    ) -> Poll<usize> {
        self.open();
        let Some(crew) = &mut self.crew else {
            unreachable!("opened just above")
        };
        let mut pass = crew.begin(cx);
        loop {
            match crew.turn(&mut self.source, &mut pass, 0) {
                Turn::Ended(ended) => judge(crew, &self.source, &mut self.outcome, ended),
                Turn::Waiting => return Poll::Pending,
                Turn::Over => break,
            }
        }
        pass.end_quietly();
        self.outcome.done = true;
        self.outcome.stopped = crew.stopped().cloned();
        let started = crew.started;
        crew.end();
        Poll::Ready(started)
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E, M> Gather<S, M> {
    pub(super) fn take_failures(&mut self) -> Vec<Failure<E>> {
        let Some(crew) = &self.crew else { return Vec::new() };
        self.outcome.take_failures(crew.state())
    }
}
