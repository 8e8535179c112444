//! Cancellation of a gather: who is dropped at once, who is waited for, and for how long.

use std::pin::Pin;

use super::{
    crew::{Crew, Supply},
    member::Ended,
    source::Source,
};
use crate::{cancel::CancelReason, error::catch, stack::with_room};

impl<S: Source> Crew<S> {
    /// Drops everybody who does not hold, newest first, those who have not started too; those who do are polled on.
    pub(super) fn cut(&mut self, reason: &CancelReason) {
        if !self.is_running() {
            return;
        }
        let state = self.common.state.clone();
        let hard = self.stage.cut(reason, &state, &mut self.panicked);
        self.drop_unstarted(reason);
        self.drop_members(reason, hard);
    }

    pub(super) fn end_grace(&mut self) {
        if let Some(reason) = self.stage.end_grace(&self.common.state) {
            self.drop_members(&reason, true);
        }
    }

    fn drop_unstarted(&mut self, reason: &CancelReason) {
        let next = self.next.take();
        let from = self.started;
        self.started += usize::from(next.is_some()) + self.source.left().unwrap_or(0);
        self.supply = Supply::Exhausted;
        if self.reports_each {
            self.gone.never_started(from..self.started, reason);
        }
        let mut index = self.started;
        while let Some(fut) = self.source.take_last() {
            index -= 1;
            self.drop_one_unstarted(index, fut);
        }
        if let Some(fut) = next {
            self.drop_one_unstarted(from, fut);
        }
        self.panicked.run(|| self.source.close());
    }

    fn drop_one_unstarted(&mut self, index: usize, fut: S::Future) {
        match catch(|| drop(fut)) {
            Err(panic) if self.reports_each => self.gone.panicked(index, panic),
            Err(panic) => self.panicked.keep(panic),
            Ok(()) => {}
        }
    }

    fn drop_members(&mut self, reason: &CancelReason, hard: bool) {
        let mut doomed: Vec<_> = Pin::new(&mut self.set).iter_pin_mut().collect();
        // The set keeps its futures by when they were last polled.
        doomed.sort_by_key(|member| std::cmp::Reverse(member.id()));
        let dropped: Vec<_> = doomed
            .into_iter()
            .filter_map(|member| member.cut(reason, hard))
            .collect();
        self.running -= dropped.len();
        if self.reports_each {
            self.gone.dropped(dropped);
        } else {
            self.keep_panics(dropped);
        }
    }

    fn keep_panics(&mut self, dropped: Vec<Ended<<S::Future as Future>::Output>>) {
        for ended in dropped {
            self.raise(ended);
        }
    }
}

/// The gather's future is being dropped: everybody goes, now.
impl<S: Source> Drop for Crew<S> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let reason = CancelReason::Requested(Some("the gather's future was dropped".into()));
        self.reports_each = false;
        with_room(|| {
            self.cut(&reason);
            self.drop_members(&reason, true);
        });
        let unreported = self.gone.take_panicked();
        self.keep_panics(unreported);
        let state = self.common.state.clone();
        self.panicked.run(|| state.end());
        self.panicked.resume_if_expected();
    }
}
