use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{graces::Graces, queued::Queued};
use crate::{
    cancel::CancelReason,
    time::Instant,
    tree::{TaskId, TaskNode},
};

/// What most scopes never need: made when something asks for it, so that a small scope is cheap to move and to drop.
pub(super) struct Rarely<C>(Option<Box<Rare<C>>>);

pub(super) struct Rare<C> {
    /// Children that the limit keeps waiting.
    pub(super) waiting: Queued<C>,
    /// Children that may start, and come before the others that may: those that were there when one was cancelled alone.
    pub(super) ready: Queued<C>,
    pub(super) daemons: BTreeMap<TaskId, Arc<TaskNode>>,
    /// How many of these another thread is in after the grace, as with [`beyond_grace`](super::Children::beyond_grace).
    pub(super) daemons_beyond_grace: usize,
    /// All of these have been cancelled.
    pub(super) daemons_stopped: bool,
    /// What a finalizer did that would have cancelled the scope, had it not ended already.
    pub(super) broke: Option<CancelReason>,
    /// The runtime has lost a child whose task cannot say so: the body's value is then not the whole truth.
    pub(super) lost: Option<CancelReason>,
    /// Why the scope's future is being dropped, where a scope around reports panics.
    pub(super) abandoned: Option<CancelReason>,
    /// When the rate lets the next child start.
    pub(super) next_start: Option<Instant>,
    /// Tasks that were cancelled alone and hold, and until when they may.
    pub(super) graces: Graces,
    /// Tasks that were dropped, and have something run on another thread.
    pub(super) elsewhere: Vec<Arc<TaskNode>>,
    /// The end of a shutdown's grace that was seen to last.
    pub(super) shut_at: Option<(Instant, Duration)>,
}

impl<C> Rarely<C> {
    pub(super) const fn new() -> Self {
        Self(None)
    }

    pub(super) fn get(&self) -> Option<&Rare<C>> {
        self.0.as_deref()
    }

    pub(super) fn get_mut(&mut self) -> Option<&mut Rare<C>> {
        self.0.as_deref_mut()
    }

    pub(super) fn make(&mut self) -> &mut Rare<C> {
        self.0.get_or_insert_with(|| {
            Box::new(Rare {
                waiting: Queued::new(),
                ready: Queued::new(),
                daemons: BTreeMap::new(),
                daemons_beyond_grace: 0,
                daemons_stopped: false,
                broke: None,
                lost: None,
                abandoned: None,
                next_start: None,
                graces: Graces::new(),
                elsewhere: Vec::new(),
                shut_at: None,
            })
        })
    }

    pub(super) fn add_daemon(&mut self, task: &Arc<TaskNode>) {
        let rare = self.make();
        rare.daemons.insert(task.info.id(), task.clone());
        rare.daemons_stopped = false;
    }

    /// How many daemons have not ended.
    pub(super) fn daemons(&self) -> usize {
        self.get().map_or(0, |rare| rare.daemons.len())
    }

    /// How many of them keep the finalizers waiting.
    pub(super) fn daemons_within_grace(&self) -> usize {
        self.get()
            .map_or(0, |rare| rare.daemons.len() - rare.daemons_beyond_grace)
    }
}
