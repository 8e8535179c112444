use std::{collections::VecDeque, ops::Range};

use super::numbered::Ended;
use crate::{
    cancel::CancelReason,
    panic::{OneByOne, Panic},
    policy::End,
    tree::TaskId,
};

/// Those of a gather's futures that were dropped when it was cut, and have not been reported: lowest first.
///
/// Those that never started may be many, and all ended alike: they are kept as a range.
pub(super) struct Dropped<O> {
    started: OneByOne<VecDeque<Ended<O>>>,
    unstarted: Range<usize>,
    /// Of those that never started, those whose destructor panicked; newest first.
    panicked: OneByOne<Vec<Ended<O>>>,
    reason: CancelReason,
}

impl<O> Dropped<O> {
    pub(super) fn new() -> Self {
        Self {
            started: OneByOne::default(),
            unstarted: 0..0,
            panicked: OneByOne::default(),
            reason: CancelReason::Ended,
        }
    }

    /// To be given newest first, as they were dropped.
    pub(super) fn dropped(&mut self, dropped: Vec<Ended<O>>) {
        self.started.extend(dropped.into_iter().rev());
    }

    pub(super) fn never_started(&mut self, indices: Range<usize>, reason: &CancelReason) {
        self.unstarted = indices;
        self.reason = reason.clone();
    }

    /// One of those that never started panicked as it was dropped; to be given newest first.
    pub(super) fn panicked(&mut self, index: usize, panic: Panic) {
        self.panicked.push(Ended {
            index,
            id: TaskId::next(),
            end: End::Panicked(panic),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.started.is_empty() && self.unstarted.is_empty()
    }

    pub(super) fn next(&mut self) -> Option<Ended<O>> {
        if let Some(ended) = self.started.pop_front() {
            return Some(ended);
        }
        let index = self.unstarted.next()?;
        if self.panicked.last().is_some_and(|ended| ended.index == index) {
            return self.panicked.pop();
        }
        Some(Ended {
            index,
            id: TaskId::next(),
            end: End::Cancelled(self.reason.clone()),
        })
    }

    /// Those that have not been reported and were dropped when they had started, or panicked; newest first.
    pub(super) fn take_all(&mut self) -> Vec<Ended<O>> {
        self.panicked.drain(..).chain(self.started.drain(..).rev()).collect()
    }
}
