//! Tasks that are cancelled alone.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use super::Whole;
use crate::{
    engine::Engine,
    policy::Policy,
    scope::kind::{AnyChild, Boxed, Kind},
    tree::{Grace, TaskNode},
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
        for child in self.take_stopped_unstarted(engine) {
            if let Some(reason) = child.get().stopped() {
                self.cut_child(engine, child, &reason);
            }
        }
        for task in stopped {
            if !task.is_ended() {
                self.begin_single_grace(engine, task);
            }
        }
    }

    /// Takes out what was cancelled alone and has not started: because of the limit, or of the rate.
    fn take_stopped_unstarted(&mut self, engine: &mut Engine) -> Vec<Boxed<'env, P, K>> {
        let is_stopped = |child: &Boxed<'env, P, K>| child.get().stopped_alone().is_some();
        // A guest may have begun before it came up here.
        let is_dropped = |child: &Boxed<'env, P, K>| is_stopped(child) && !child.get().env().holds();
        let children = &mut *self.children;
        let (dropped, ready) = children.ready.drain(..).partition::<VecDeque<_>, _>(is_dropped);
        children.ready = ready;
        let mut dropped = Vec::from(dropped);
        let waiting = children.rare.get().map(|rare| &rare.waiting);
        let positions: Vec<_> = (0..)
            .zip(waiting.into_iter().flatten())
            .filter(|(_, child)| is_stopped(child))
            .map(|(at, _)| at)
            .collect();
        if positions.is_empty() {
            return dropped;
        }
        let (waited, waiting) = children
            .rare
            .take_waiting()
            .into_iter()
            .partition::<VecDeque<_>, _>(is_stopped);
        children.rare.make().waiting = waiting;
        dropped.extend(waited);
        self.forget_places(engine, &positions);
        dropped
    }

    fn begin_single_grace(&mut self, engine: &Engine, task: Arc<TaskNode>) {
        match engine.grace {
            Some(Duration::ZERO) => task.end_grace(Grace::Over),
            // One that another thread is polling may hold by the end of that poll.
            Some(grace) if task.holds() || task.is_being_polled() => {
                let until = engine.now().checked_add(grace);
                let graces = &mut self.children.rare.make().graces;
                graces.extend(until.map(|until| (until, Grace::Holds, task)));
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
        for (until, grace, task) in std::mem::take(&mut rare.graces) {
            if task.is_ended() {
                continue;
            }
            if until > now {
                rare.graces.push((until, grace, task));
                continue;
            }
            let more = engine.grace.and_then(|more| until.checked_add(more));
            match (grace, more) {
                (Grace::Holds, Some(more)) => {
                    task.end_grace(Grace::Finalizers);
                    rare.graces.push((more, Grace::Finalizers, task));
                }
                _ => task.end_grace(Grace::Over),
            }
        }
    }
}
