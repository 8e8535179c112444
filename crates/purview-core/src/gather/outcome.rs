use std::{mem, sync::Arc};

use super::numbered::Ended;
use crate::{
    cancel::CancelReason,
    error::{Failure, TaskError},
    panic::{FirstPanic, OneByOne},
    policy::End,
    tree::{Naming, TaskId, TaskInfo},
};

/// What has come of the futures of a gather so far.
pub(super) struct Outcome<O> {
    /// How many there are, where that is known from the start.
    pub(super) total: usize,
    /// By index; in a race only of those that failed.
    ends: OneByOne<Vec<Option<End<O>>>>,
    /// Those that failed, in the order they did.
    failed: Vec<(usize, TaskId)>,
    /// Those that won a race, in the order they did.
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
        let (index, end) = (ended.index, Some(ended.end));
        if self.ends.is_empty() {
            self.ends.reserve_exact(self.total);
        }
        if index == self.ends.len() {
            self.ends.push(end);
            return;
        }
        if index > self.ends.len() {
            self.ends.resize_with(index + 1, || None);
        }
        self.ends[index] = end;
    }

    pub(super) fn keep_failure(&mut self, ended: Ended<O>) {
        self.failed.push((ended.index, ended.id));
        self.keep(ended);
    }

    /// Drops what came of the others, which is given to no caller.
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

/// Dropped before it is given to a caller: a panic that would have been reported comes out, where one is expected.
impl<O> Drop for Outcome<O> {
    fn drop(&mut self) {
        if !self.ends.iter().flatten().any(|end| matches!(end, End::Panicked(_))) {
            return;
        }
        let mut panicked = FirstPanic::default();
        for end in self.ends.take_all().into_iter().flatten() {
            end.drop_into(&mut panicked);
        }
        panicked.resume_if_expected();
    }
}

impl<T, E> Outcome<Result<T, E>> {
    /// The failures in the order they happened.
    pub(super) fn take_failures(&mut self, naming: &Arc<Naming>) -> Vec<Failure<E>> {
        let failed = mem::take(&mut self.failed);
        let failures = failed.into_iter().filter_map(|(index, id)| {
            let error = into_result(self.ends[index].take()?).err()?;
            let task = TaskInfo::numbered(id, naming, index as u64);
            Some(Failure { task, error })
        });
        let mut failures = OneByOne::new(failures.collect::<Vec<_>>());
        self.drop_others();
        failures.take_all()
    }

    /// All values, in the order of the input.
    pub(super) fn take_values(&mut self) -> Vec<T> {
        let ends = self.ends.take_all().into_iter();
        ends.filter_map(|end| into_result(end?).ok()).collect()
    }

    /// All results, in the order of the input.
    pub(super) fn take_results(&mut self) -> Vec<Result<T, TaskError<E>>> {
        let ends = self.ends.take_all().into_iter();
        ends.map(|end| into_result(end.expect("each of them has been reported")))
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
