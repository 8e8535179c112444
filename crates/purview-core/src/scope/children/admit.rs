//! From the queue into the set: which children may start, and when.

use std::mem;

use super::{InSet, Whole};
use crate::{
    engine::{Engine, pass},
    policy::Policy,
    scope::kind::{AnyChild, Kind},
    tree::Role,
    wake::part,
};

/// So many children enter the set before those that are in it get their turn.
const BATCH: u32 = 32;

impl<P: Policy, K: Kind> Whole<'_, '_, P, K> {
    /// Moves children from the queue into the set; some at a time, so that those in it get their turn.
    pub(super) fn admit(&mut self, engine: &mut Engine) {
        let node = engine.node.clone();
        if node.signal().take(part::QUEUE) {
            self.drain_queue();
            if !engine.is_running() {
                // Spawned just as the scope was cancelled.
                self.drop_unstarted(engine);
            }
        }
        let mut started = 0;
        while started < BATCH && !pass::is_over() && self.may_start(engine) {
            let Some(child) = self.children.next_ready() else {
                break;
            };
            pass::count_step();
            self.children.set.push(InSet::new(child), &node);
            started += 1;
        }
        if self.children.any_ready() && self.children.rare.get().is_none_or(|rare| rare.next_start.is_none()) {
            node.signal().raise(part::QUEUE);
        }
    }

    /// Takes all children out of the queue, and gives freed places to those that have waited longest.
    pub(super) fn drain_queue(&mut self) {
        let children = &mut *self.children;
        let shared = children.shared.clone();
        shared.take_children(&mut children.taken);
        for child in &children.taken {
            let env = child.get().env();
            match (env.role(), env.task()) {
                (Role::Daemon, Some(task)) => children.rare.add_daemon(task),
                _ => children.ordinary += 1,
            }
        }
        let Some(limiter) = &shared.limiter else {
            if children.ready.is_empty() {
                mem::swap(&mut children.ready, &mut children.taken);
            } else {
                children.ready.append(&mut children.taken);
            }
            return;
        };
        for child in children.taken.drain(..) {
            let env = child.get().env();
            if env.has_place() {
                children.ready.push_back(child);
            } else {
                env.note_limited();
                children.rare.make().waiting.push_back(child);
            }
        }
        // A place may be granted to a child that is on its way here: it waits for it.
        let Some(rare) = children.rare.get_mut() else { return };
        while !rare.waiting.is_empty() && limiter.take_granted() {
            let mut child = rare.waiting.pop_front().expect("one waits");
            child.pinned().env_mut().give_place();
            children.ready.push_back(child);
        }
    }

    /// Whether the rate lets a child start now.
    fn may_start(&mut self, engine: &Engine) -> bool {
        let Some(rate) = &self.children.rate else {
            return true;
        };
        let any_ready = self.children.any_ready();
        let next_start = &mut self.children.rare.make().next_start;
        *next_start = None;
        if !any_ready {
            return false;
        }
        *next_start = rate.start(engine.now()).err();
        next_start.is_none()
    }
}
