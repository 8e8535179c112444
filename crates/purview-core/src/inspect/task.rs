//! What is shown of one task.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{
    Held, Holding, Kind, Node, NodeId, Queued, State, Stopping,
    tree::{Below, Builder},
};
use crate::{
    cancel::CancelReason,
    tree::{
        ScopeNode, TaskInfo,
        record::{Entry, ScopeRecord, nanos},
    },
};

impl Node {
    /// One of which nothing more is known.
    pub(super) fn new(id: NodeId, kind: Kind, item: &Below) -> Self {
        Self {
            id,
            kind,
            given: None,
            location: None,
            age: Duration::ZERO,
            state: State::Idle(Duration::ZERO),
            deadline: None,
            left: None,
            stopping: None,
            progress: None,
            holding: Vec::new(),
            polls: 0,
            busy: Duration::ZERO,
            longest: Duration::ZERO,
            polled: None,
            waits: Vec::new(),
            wakers: None,
            wakes: None,
            left_out: 0,
            depth: item.depth,
            parent: item.parent,
            info: None,
            heard: false,
            runs_scope: false,
        }
    }
}

impl Builder {
    pub(super) fn task(&self, entry: &Entry, scope: &ScopeNode, record: &ScopeRecord, item: &Below) -> Node {
        let info = match entry.info() {
            Some(info) => info.clone(),
            None => TaskInfo::numbered(entry.id, scope.naming(), entry.number)
                .located(entry.at.or_else(|| scope.location())),
        };
        let mut node = Node::new(NodeId::Task(entry.id), entry.kind, item);
        node.location = info.location();
        node.age = self.since(entry.spawned);
        node.state = self.state(entry, record);
        node.stopping = self.stopping(entry, scope, record, item.grace);
        let held = entry.rare.as_ref().map_or([0; 3], |rare| rare.held);
        let held = Held::ALL.into_iter().zip(held).filter(|(_, since)| *since != 0);
        node.holding = held
            .map(|(why, since)| Holding {
                why,
                since: self.since(since),
            })
            .collect();
        node.heard = entry.heard;
        node.polls = entry.polls;
        node.busy = nanos(entry.busy);
        node.longest = nanos(entry.longest);
        node.polled = self.if_set(entry.polled);
        node.waits = entry.waits().to_vec();
        // One is kept in the record, and one in its copy.
        node.wakers = entry.waker().map(|waker| Arc::strong_count(waker).saturating_sub(2));
        node.wakes = entry.waker().map(|waker| waker.wakes());
        node.info = Some(info);
        node
    }

    pub(super) fn state(&self, entry: &Entry, record: &ScopeRecord) -> State {
        let running = entry.rare.as_ref().map_or(0, |rare| rare.running);
        if entry.polling != 0 {
            State::Polled(self.since(entry.polling))
        } else if running != 0 {
            State::Running(self.since(running))
        } else if entry.polls > 0 {
            State::Idle(self.since(entry.polled))
        } else if entry.limited {
            State::Queued(Queued::Limit)
        } else if record.has_rate.load(Ordering::Relaxed) && entry.kind != Kind::Finalizer {
            State::Queued(Queued::Rate)
        } else {
            State::Queued(Queued::Turn)
        }
    }

    pub(super) fn stopping(
        &self,
        entry: &Entry,
        scope: &ScopeNode,
        record: &ScopeRecord,
        grace: u64,
    ) -> Option<Stopping> {
        let grace = self.until(grace);
        if let Some((reason, since)) = entry.told() {
            return Some(Stopping {
                reason: reason.clone(),
                since: Some(self.since(*since)),
                grace,
            });
        }
        // A finalizer does not see the cancellation of its scope.
        let reason = scope.cancelled().filter(|_| entry.kind != Kind::Finalizer)?;
        Some(Stopping {
            reason: CancelReason::clone(reason),
            since: self.if_set(record.told.load(Ordering::Relaxed)),
            grace,
        })
    }

    pub(super) fn since(&self, at: u64) -> Duration {
        nanos(self.now.saturating_sub(at))
    }

    pub(super) fn if_set(&self, at: u64) -> Option<Duration> {
        (at != 0).then(|| self.since(at))
    }

    pub(super) fn until(&self, at: u64) -> Option<Duration> {
        (at > self.now).then(|| nanos(at - self.now))
    }
}
