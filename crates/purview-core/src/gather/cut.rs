//! Which futures of a gather are dropped when it is cut, and in which order.

use std::{cmp::Reverse, mem};

use super::{
    members::Futures,
    numbered::Numbered,
    source::{Source, SourceState},
};
use crate::{cancel::CancelReason, engine::Engine, panic::catch};

impl<S: Source> Futures<S> {
    /// Drops those that do not hold, newest first: those that have not started too, and before the others.
    pub(super) fn drop_those_that_do_not_hold(&mut self, engine: &mut Engine, reason: &CancelReason) {
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
}
