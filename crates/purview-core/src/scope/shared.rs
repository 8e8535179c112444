use std::{
    collections::VecDeque,
    mem,
    num::NonZeroUsize,
    sync::{Arc, PoisonError},
};

use super::{
    kind::{Boxed, Kind},
    limit::Limiter,
    shutdown::Shutdown,
};
use crate::{
    cancel::CancelReason,
    error::RejectReason,
    policy::Policy,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    tree::{HoldKind, ScopeNode},
    wake::part,
};

/// What the handles of a scope share with its engine: the node, and the queue from one to the other.
pub(super) struct Shared<'env, P: Policy, K: Kind> {
    pub(super) node: Arc<ScopeNode>,
    queue: Mutex<Queue<Boxed<'env, P, K>>>,
    /// How many handles there are; an open scope ends when there are none.
    pub(super) handles: AtomicUsize,
    /// How many children have not ended.
    pub(super) live: AtomicUsize,
    serial: AtomicU64,
    pub(super) limiter: Option<Limiter>,
    /// The engine says when a child may start.
    pub(super) has_rate: bool,
    pub(super) shutdown: Shutdown,
}

struct Queue<C> {
    children: VecDeque<C>,
    finalizers: Vec<C>,
    /// The engine looks here no more.
    closed: bool,
    /// The scope accepts no more children, while those that it has run on.
    shut: bool,
}

impl<'env, P: Policy, K: Kind> Shared<'env, P, K> {
    pub(super) fn new(node: Arc<ScopeNode>, limit: Option<NonZeroUsize>, has_rate: bool) -> Arc<Self> {
        Arc::new(Self {
            node,
            queue: Mutex::new(Queue {
                children: VecDeque::new(),
                finalizers: Vec::new(),
                closed: false,
                shut: false,
            }),
            handles: AtomicUsize::new(0),
            live: AtomicUsize::new(0),
            serial: AtomicU64::new(0),
            limiter: limit.map(Limiter::new),
            has_rate,
            shutdown: Shutdown::default(),
        })
    }

    /// The number of the next child.
    pub(super) fn next_number(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Nothing can be spawned any more.
    pub(super) fn handles_dropped(&self) {
        if self.node.is_open() {
            self.node.signal().raise(part::BODY);
        }
    }

    /// Why a child would not be accepted now.
    pub(super) fn refusal(&self) -> Option<RejectReason> {
        if let Some(reason) = self.node.refuses() {
            return Some(RejectReason::Cancelled(reason.clone()));
        }
        let queue = self.lock();
        (queue.closed || queue.shut).then_some(RejectReason::Ended)
    }

    /// Puts a child into the queue, unless the scope has just ended.
    pub(super) fn push<C>(&self, child: C, forget: impl FnOnce(C) -> Boxed<'env, P, K>) -> Result<(), C> {
        // Seeded: it looks in one step, and puts the child there in another.
        let looked = cfg!(purview_seeded_bug = "queue-closed-unseen") && !self.is_shut();
        let mut queue = self.lock();
        if (queue.closed || queue.shut) && !looked {
            return Err(child);
        }
        queue.children.push_back(forget(child));
        self.live.fetch_add(1, Ordering::AcqRel);
        drop(queue);
        // A bit that is still there is taken before the queue is looked at under its lock: it is for this child too.
        if !self.node.signal().is_raised(part::QUEUE) {
            self.node.signal().raise(part::QUEUE);
        }
        Ok(())
    }

    pub(super) fn push_finalizer(&self, finalizer: Boxed<'env, P, K>) -> Result<(), Boxed<'env, P, K>> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(finalizer);
        }
        queue.finalizers.push(finalizer);
        drop(queue);
        self.node.hold(HoldKind::Finalizer);
        Ok(())
    }

    /// Swaps the children in the queue for an empty list, whose memory is used again.
    pub(super) fn take_children(&self, taken: &mut VecDeque<Boxed<'env, P, K>>) {
        mem::swap(&mut self.lock().children, taken);
    }

    pub(super) fn has_finalizers(&self) -> bool {
        !self.lock().finalizers.is_empty()
    }

    pub(super) fn take_finalizer(&self) -> Option<Boxed<'env, P, K>> {
        self.lock().finalizers.pop()
    }

    /// Closes the queue for good, if nothing has come into it.
    pub(super) fn close_if_empty(&self) -> bool {
        let mut queue = self.lock();
        queue.closed = queue.children.is_empty() && queue.finalizers.is_empty();
        queue.closed
    }

    /// Closes the queue for good.
    pub(super) fn close(&self) {
        self.lock().closed = true;
    }

    /// Accepts no more children; those that it has run on.
    pub(super) fn shut(&self) {
        self.lock().shut = true;
        self.handles_dropped();
    }

    pub(super) fn is_shut(&self) -> bool {
        let queue = self.lock();
        queue.shut || queue.closed
    }

    fn lock(&self) -> MutexGuard<'_, Queue<Boxed<'env, P, K>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RejectReason {
    /// What the task of a child says that was not accepted.
    pub(super) fn into_cancel_reason(self) -> CancelReason {
        match self {
            Self::Cancelled(reason) => reason,
            Self::Full | Self::Ended => CancelReason::Ended,
        }
    }
}
