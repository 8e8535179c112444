//! From the queue into the set: who may start, and when.

use std::pin::Pin;

use super::{
    child::Child,
    driver::Engine,
    kind::{AnyChild, Kind},
    seat::Seat,
    signal::{Signal, part},
};
use crate::{census, context::Role, policy::Policy, runtime::Timer};

/// So many children enter the set before those that are in it get their turn.
const INTAKE: u32 = 32;

impl<P: Policy, K: Kind> Engine<'_, P, K> {
    /// Moves children from the queue into the set; some at a time, so that those in it get their turn.
    pub(super) fn take_in(&mut self, signal: &Signal, body: Pin<&mut dyn Child<P>>) {
        self.empty_queue(signal, body);
        let mut taken = 0;
        while taken < INTAKE && !signal.has_no_steps() && self.may_start() {
            let Some(child) = self.ready.pop_front() else { break };
            signal.count_step();
            self.set.push(Seat::new(child, &self.desk));
            taken += 1;
        }
        if taken > 0 {
            signal.raise(part::CHILDREN);
        }
        if !self.ready.is_empty() && self.next_start.is_none() {
            signal.raise(part::QUEUE);
        }
    }

    fn empty_queue(&mut self, signal: &Signal, body: Pin<&mut dyn Child<P>>) {
        if signal.take(part::QUEUE) {
            self.sort_in();
            if !self.is_running() {
                // Somebody spawned just as the scope was cancelled.
                self.drop_unstarted(body);
            }
        }
    }

    /// Takes everybody out of the queue, and gives freed places to those who have waited longest.
    pub(super) fn sort_in(&mut self) {
        for child in self.shared.take_children() {
            let frame = child.get().frame();
            census::queued(frame);
            match frame.role {
                Role::Daemon => drop(self.daemons.insert(frame.info.id(), frame.clone())),
                Role::Ordinary | Role::Finalizer => self.ordinary += 1,
            }
            let queue = if frame.is_admitted() {
                &mut self.ready
            } else {
                &mut self.waiting
            };
            queue.push_back(child);
        }
        let shared = self.shared.clone();
        let Some(limiter) = &shared.state.limiter else { return };
        // A place may be granted to a child that is on its way here: it waits for it.
        while !self.waiting.is_empty() && limiter.take_granted() {
            let child = self.waiting.pop_front().expect("somebody waits");
            child.get().frame().admit();
            self.ready.push_back(child);
        }
    }

    /// Whether the rate lets a child start now.
    fn may_start(&mut self) -> bool {
        self.next_start = None;
        let Some(rate) = &self.shared.state.rate else {
            return true;
        };
        if self.ready.is_empty() {
            return false;
        }
        self.next_start = rate.start(self.shared.state.runtime().now()).err();
        self.next_start.is_none()
    }
}
