use std::{collections::VecDeque, ops::Range};

use super::member::Ended;
use crate::{
    cancel::CancelReason,
    context::TaskId,
    error::{OneByOne, Panic},
    policy::End,
};

/// Those of a gather's futures that were dropped when it was cut, and have not been reported: lowest first.
///
/// Those who never started are many perhaps, and all alike: they are kept as a range.
pub(super) struct Gone<O> {
    dropped: OneByOne<VecDeque<Ended<O>>>,
    unstarted: Range<usize>,
    /// Of those who never started, those whose destructor panicked; newest first.
    panicked: OneByOne<Vec<Ended<O>>>,
    reason: CancelReason,
}

impl<O> Gone<O> {
    pub(super) fn new() -> Self {
        Self {
            dropped: OneByOne::default(),
            unstarted: 0..0,
            panicked: OneByOne::default(),
            reason: CancelReason::Ended,
        }
    }

    /// To be told newest first, as they were dropped.
    pub(super) fn dropped(&mut self, dropped: Vec<Ended<O>>) {
        self.dropped.extend(dropped.into_iter().rev());
    }

    pub(super) fn never_started(&mut self, indices: Range<usize>, reason: &CancelReason) {
        self.unstarted = indices;
        self.reason = reason.clone();
    }

    /// One of those who never started panicked as it was dropped; to be told newest first.
    pub(super) fn panicked(&mut self, index: usize, panic: Panic) {
        self.panicked.push(Ended {
            index,
            id: TaskId::next(),
            end: End::Panicked(panic),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.dropped.is_empty() && self.unstarted.is_empty()
    }

    pub(super) fn next(&mut self) -> Option<Ended<O>> {
        if let Some(ended) = self.dropped.pop_front() {
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

    /// Those who panicked, when nobody asks for the others any more; newest first.
    pub(super) fn take_panicked(&mut self) -> Vec<Ended<O>> {
        self.panicked.drain(..).chain(self.dropped.drain(..).rev()).collect()
    }
}
