//! Which futures of a gather may start, and where they come from.

use std::task::{Context, Poll};

use super::{
    members::Futures,
    numbered::{self, Numbered},
    source::{Source, SourceState},
};
use crate::{
    cancel::CancelReason,
    engine::{Engine, pass},
    inspect,
    panic::catch_expected,
    wake::{part, part_waker},
};

/// So many futures are started before those that run get their turn: a source may always have another one.
const AT_ONCE: usize = 32;

impl<S: Source> Futures<S> {
    pub(super) fn may_start(&self, engine: &Engine) -> bool {
        let has_room = self.limit.is_none_or(|limit| self.running + self.backlog < limit.get());
        has_room && engine.is_running() && !engine.late
    }

    /// Starts those for which there is room, some at a time; gives whether there were any.
    pub(super) fn start(&mut self, engine: &mut Engine) -> bool {
        if engine.signal().take(part::SOURCE) && self.state == SourceState::Pending {
            self.state = SourceState::Ready;
        }
        self.next_start = None;
        let before = self.started;
        while self.started - before < AT_ONCE && self.may_start(engine) && !pass::has_no_steps() {
            if !self.start_one(engine) {
                break;
            }
            self.started += 1;
            self.running += 1;
            self.has_started = true;
            pass::count_step();
        }
        self.started > before
    }

    /// Starts the next future; gives whether there is one now that may start.
    fn start_one(&mut self, engine: &mut Engine) -> bool {
        match self.source.left() {
            Some(_) if self.state != SourceState::Ready => false,
            Some(0) => {
                self.state = SourceState::JustExhausted;
                self.source.close();
                false
            }
            Some(_) => {
                if !self.has_turn(engine) {
                    return false;
                }
                // All but the future is made before it is taken: it may be large, and so is moved least.
                let (index, fails) = (self.started, self.fails);
                let env = numbered::env(&engine.node, index, self.bindings.clone());
                let source = &mut self.source;
                let taken = || {
                    let fut = source.take_first().expect("one is left");
                    Numbered::new(fut, index, fails, env)
                };
                self.set.push_with(&engine.node, taken);
                true
            }
            None => {
                let Some(fut) = self.pull(engine) else { return false };
                if !self.has_turn(engine) {
                    self.next = Some(Box::new(fut));
                    return false;
                }
                let env = numbered::env(&engine.node, self.started, self.bindings.clone());
                let member = Numbered::new(fut, self.started, self.fails, env);
                self.set.push(member, &engine.node);
                true
            }
        }
    }

    /// Whether the rate lets one start now; notes when it will, if it does not.
    fn has_turn(&mut self, engine: &Engine) -> bool {
        let turn = self.rate.as_ref().map(|rate| rate.start(engine.now()));
        self.next_start = turn.and_then(Result::err);
        self.next_start.is_none()
    }

    /// The next future of a stream, if there is one now.
    fn pull(&mut self, engine: &mut Engine) -> Option<S::Future> {
        if let Some(next) = self.next.take() {
            return Some(*next);
        }
        if self.state != SourceState::Ready {
            return None;
        }
        self.pull_from_stream(engine)
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
        // The stream is the user's, and may have taken its time.
        inspect::note_pass(true);
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
}
