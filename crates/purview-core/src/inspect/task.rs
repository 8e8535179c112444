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
        record::{PollStats, Rare, ScopeRecord, TaskRecord},
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
            busy: None,
            longest: None,
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
    pub(super) fn task(&self, task: &TaskRecord, scope: &ScopeNode, record: &ScopeRecord, item: &Below) -> Node {
        let (polls, rare) = (task.stats(), task.rare().unwrap_or_default());
        let info = rare.info.clone().unwrap_or_else(|| {
            let info = match task.kind {
                Kind::Body => TaskInfo::body(task.id, scope.naming()),
                _ => TaskInfo::numbered(task.id, scope.naming(), task.number),
            };
            info.located(task.at.or_else(|| scope.location()))
        });
        let mut node = Node::new(NodeId::Task(task.id), task.kind, item);
        node.location = info.location();
        node.age = self.since(task.spawned);
        node.state = self.state(task.kind, &polls, &rare, record);
        node.stopping = self.stopping(task.kind, &rare, scope, record, item.grace);
        let held = Held::ALL.into_iter().zip(rare.held).filter(|(_, since)| *since != 0);
        node.holding = held
            .map(|(why, since)| Holding {
                why,
                since: self.since(since),
            })
            .collect();
        node.heard = polls.heard;
        node.polls = polls.polls;
        if record.recorder.options.times {
            node.busy = Some(Duration::from_nanos(polls.busy));
            node.longest = Some(Duration::from_nanos(polls.longest));
        }
        node.polled = self.if_set(polls.polled);
        // One is kept in the record, and one in its copy.
        node.wakers = rare
            .waker
            .as_ref()
            .map(|waker| Arc::strong_count(waker).saturating_sub(2));
        node.wakes = rare.waker.as_ref().map(|waker| waker.wakes());
        node.waits = rare.waits;
        node.info = Some(info);
        node
    }

    fn state(&self, kind: Kind, polls: &PollStats, rare: &Rare, record: &ScopeRecord) -> State {
        if polls.polling != 0 {
            State::Polled(self.since(polls.polling))
        } else if rare.running != 0 {
            State::Running(self.since(rare.running))
        } else if polls.polls > 0 {
            State::Idle(self.since(polls.polled))
        } else if polls.limited {
            State::Queued(Queued::Limit)
        } else if record.has_rate.load(Ordering::Relaxed) && kind != Kind::Finalizer {
            State::Queued(Queued::Rate)
        } else {
            State::Queued(Queued::Turn)
        }
    }

    fn stopping(
        &self,
        kind: Kind,
        rare: &Rare,
        scope: &ScopeNode,
        record: &ScopeRecord,
        grace: u64,
    ) -> Option<Stopping> {
        let grace = self.until(grace);
        if let Some((reason, since)) = &rare.told {
            return Some(Stopping {
                reason: reason.clone(),
                since: Some(self.since(*since)),
                grace,
            });
        }
        // A finalizer does not see the cancellation of its scope.
        let reason = scope.cancelled().filter(|_| kind != Kind::Finalizer)?;
        Some(Stopping {
            reason: CancelReason::clone(reason),
            since: self.if_set(record.told.load(Ordering::Relaxed)),
            grace,
        })
    }

    pub(super) fn since(&self, at: u64) -> Duration {
        Duration::from_nanos(self.now.saturating_sub(at))
    }

    pub(super) fn if_set(&self, at: u64) -> Option<Duration> {
        (at != 0).then(|| self.since(at))
    }

    pub(super) fn until(&self, at: u64) -> Option<Duration> {
        (at > self.now).then(|| Duration::from_nanos(at - self.now))
    }
}
