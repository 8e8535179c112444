use std::{
    mem,
    sync::{Arc, PoisonError},
};

use super::{
    kind::{Boxed, Kind},
    signal::part,
    state::{Options, State},
};
use crate::{
    cancel::CancelReason,
    error::RejectReason,
    policy::Policy,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
};

/// What the handles of a scope share with its driver: the state, and the queue from one to the other.
pub(super) struct Shared<'env, P: Policy, K: Kind> {
    pub(super) state: Arc<State>,
    queue: Mutex<Queue<Boxed<'env, P, K>>>,
    /// Handles there are; an open scope ends when there are none.
    pub(super) handles: AtomicUsize,
}

struct Queue<C> {
    children: Vec<C>,
    finalizers: Vec<C>,
    /// Nobody looks here any more.
    closed: bool,
    /// An open scope that takes nobody in any more, while its children run on.
    shut: bool,
}

impl<'env, P: Policy, K: Kind> Shared<'env, P, K> {
    pub(super) fn new(options: Options) -> Arc<Self> {
        Arc::new(Self {
            state: State::new(options),
            queue: Mutex::new(Queue {
                children: Vec::new(),
                finalizers: Vec::new(),
                closed: false,
                shut: false,
            }),
            handles: AtomicUsize::new(0),
        })
    }

    /// Why a child would not be taken in now.
    pub(super) fn refusal(&self) -> Option<RejectReason> {
        // Who is given time to end may need children of its own for that.
        if let Some(reason) = self.state.cancelled().filter(|_| !self.state.is_shutting_down()) {
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
        queue.children.push(forget(child));
        self.state.live.fetch_add(1, Ordering::AcqRel);
        drop(queue);
        self.state.signal.raise(part::QUEUE);
        Ok(())
    }

    pub(super) fn push_finalizer(&self, finalizer: Boxed<'env, P, K>) -> Result<(), Boxed<'env, P, K>> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(finalizer);
        }
        queue.finalizers.push(finalizer);
        drop(queue);
        self.state.hold();
        Ok(())
    }

    pub(super) fn take_children(&self) -> Vec<Boxed<'env, P, K>> {
        mem::take(&mut self.lock().children)
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

    /// Takes nobody in any more; those who are in run on.
    pub(super) fn shut(&self) {
        self.lock().shut = true;
        self.state.handles_gone();
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
    /// What the task of a child says that was not taken in.
    pub(super) fn into_cancel_reason(self) -> CancelReason {
        match self {
            Self::Cancelled(reason) => reason,
            Self::Full | Self::Ended => CancelReason::Ended,
        }
    }
}
