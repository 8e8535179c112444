//! Tasks that are cancelled alone.

use std::{iter::from_fn, sync::Arc, time::Duration};

use super::{Whole, queued::Queued};
use crate::{
    engine::Engine,
    policy::Policy,
    scope::kind::{AnyChild, Boxed, Kind},
    tree::{Grace, Stopped, TaskId, TaskNode},
    wake::part,
};

impl<'env, P: Policy, K: Kind> Whole<'_, 'env, P, K> {
    /// Drops those that have not started, and begins the grace of those that hold.
    pub(super) fn stop_single_tasks(&mut self, engine: &mut Engine) {
        if !engine.signal().take(part::STOPPED) {
            return;
        }
        let stopped = engine.node.take_stopped();
        // It may not have come out of the queue yet.
        self.drain_queue();
        for child in self.take_stopped_unstarted(engine, &stopped) {
            if let Some(reason) = child.get().stopped() {
                self.cut_child(engine, child, &reason);
            }
        }
        for stopped in stopped {
            match stopped {
                Stopped::Task(task) if !task.is_ended() => self.begin_single_grace(engine, task),
                Stopped::Task(_) | Stopped::Child(_) => {}
            }
        }
    }

    /// Takes out what was cancelled alone and has not started: because of the limit, or of the rate.
    fn take_stopped_unstarted(&mut self, engine: &mut Engine, stopped: &[Stopped]) -> Vec<Boxed<'env, P, K>> {
        let children = &mut *self.children;
        if children.ready.is_empty() && children.rare.get().is_none() {
            return Vec::new();
        }
        let rare = children.rare.make();
        // Each of them is moved once.
        rare.ready.append(&mut children.ready);
        let id_of = |child: &Boxed<'env, P, K>| child.get().env().id();
        let mut dropped = Vec::new();
        for number in numbers(&mut rare.ready, stopped, id_of) {
            // A guest may have begun before it came up here.
            let holds = |child: &Boxed<'env, P, K>| child.get().env().holds();
            if !rare.ready.get(number).is_some_and(holds) {
                dropped.extend(rare.ready.take_out(number));
            }
        }
        let _ = rare.ready.sweep();
        let numbers = numbers(&mut rare.waiting, stopped, id_of);
        if numbers.is_empty() {
            return dropped;
        }
        dropped.extend(numbers.iter().filter_map(|number| rare.waiting.take_out(*number)));
        let swept = rare.waiting.sweep();
        self.forget_places(engine, &numbers, swept);
        dropped
    }

    fn begin_single_grace(&mut self, engine: &Engine, task: Arc<TaskNode>) {
        match engine.grace {
            Some(Duration::ZERO) => task.end_grace(Grace::Over),
            // One that another thread is polling may hold by the end of that poll.
            Some(grace) if task.holds() || task.is_being_polled() => {
                let until = engine.now().checked_add(grace);
                let graces = &mut self.children.rare.make().graces;
                if let Some(until) = until {
                    graces.add(until, Grace::Holds, task);
                }
            }
            _ => {}
        }
    }

    /// When the grace of one task ends, the finalizers in it share one more.
    pub(super) fn end_single_graces(&mut self, engine: &Engine) {
        let Some(rare) = self.children.rare.get_mut().filter(|rare| !rare.graces.is_empty()) else {
            return;
        };
        let now = engine.now();
        // Those that get one more are looked at again in the next turn.
        let due: Vec<_> = from_fn(|| rare.graces.take_due(now)).collect();
        for (until, grace, task) in due {
            let more = engine.grace.and_then(|more| until.checked_add(more));
            match (grace, more) {
                (Grace::Holds, Some(more)) => {
                    task.end_grace(Grace::Finalizers);
                    rare.graces.add(more, Grace::Finalizers, task);
                }
                _ => task.end_grace(Grace::Over),
            }
        }
    }
}

/// The numbers of those that wait here, in their order.
fn numbers<C>(queued: &mut Queued<C>, stopped: &[Stopped], id_of: impl Fn(&C) -> TaskId) -> Vec<u64> {
    let stopped = stopped.iter().map(Stopped::id);
    let mut numbers: Vec<_> = stopped.filter_map(|id| queued.number(id, &id_of)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}
