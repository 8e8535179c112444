use std::task::{Context, Poll, Waker};

use super::{
    crew::{Crew, Supply},
    member::Member,
    source::Source,
};
use crate::{
    cancel::CancelReason,
    error::catch,
    runtime::Timer,
    scope::{lane, part},
};

/// So many futures are started before those that run get their turn: a source may always have another one.
const INTAKE: usize = 32;

impl<S: Source> Crew<S> {
    /// Starts those for whom there is room, some at a time; gives whether there were any.
    pub(super) fn start(&mut self, backlog: usize) -> bool {
        let state = self.common.state.clone();
        if state.signal.take(part::SOURCE) && self.supply == Supply::Pending {
            self.supply = Supply::Ready;
        }
        self.next_start = None;
        let before = self.started;
        while self.started - before < INTAKE
            && self.is_running()
            && self.has_room(backlog)
            && !state.signal.has_no_steps()
        {
            if self.next.is_none() && !self.pull() {
                break;
            }
            self.next_start = state.rate().and_then(|rate| rate.start(state.runtime().now()).err());
            if self.next_start.is_some() {
                break;
            }
            let fut = self.next.take().expect("it was pulled just above, or before");
            self.set.push(Member::new(fut, self.started, self.common.clone()));
            self.started += 1;
            self.running += 1;
            state.signal.count_step();
            state.signal.raise(part::CHILDREN);
        }
        self.started > before
    }

    fn has_room(&self, backlog: usize) -> bool {
        self.limit.is_none_or(|limit| self.running + backlog < limit.get())
    }

    /// Fetches the next future; gives whether there is one now.
    fn pull(&mut self) -> bool {
        if self.supply != Supply::Ready {
            return false;
        }
        let (state, source) = (self.common.state.clone(), &mut self.source);
        let waker = self.source_waker.get_or_insert_with(|| {
            // Futures that are all there wake nobody.
            if source.left().is_some() {
                Waker::noop().clone()
            } else {
                lane::<{ part::SOURCE }>(&state)
            }
        });
        let pulled = catch(|| {
            let pulled = source.poll_next(&mut Context::from_waker(waker));
            if matches!(pulled, Poll::Ready(None)) {
                source.close();
            }
            pulled
        });
        match pulled {
            Ok(Poll::Ready(Some(fut))) => self.next = Some(fut),
            Ok(Poll::Ready(None)) => self.supply = Supply::JustExhausted,
            Ok(Poll::Pending) => self.supply = Supply::Pending,
            Err(panic) => {
                self.supply = Supply::Exhausted;
                self.panicked.keep(panic);
                self.cut(&CancelReason::Panicked);
            }
        }
        self.next.is_some()
    }
}
