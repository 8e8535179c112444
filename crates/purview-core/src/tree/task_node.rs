use std::{
    sync::{Arc, PoisonError},
    task::Waker,
};

use super::{grace::Grace, info::TaskInfo, record::TaskRecord, scope_node::ScopeNode};
use crate::{
    cancel::{CancelReason, CancelToken, Cancellable, Node, Told},
    sync::{
        Mutex, MutexGuard, OnceLock,
        atomic::{AtomicIsize, AtomicU8, Ordering, fence},
    },
};

/// What a scope expects of one of its tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Awaited by its scope.
    Ordinary,
    /// Cancelled when the last ordinary child has ended.
    Daemon,
    /// Runs when all others have ended, and does not see the scope's cancellation.
    Finalizer,
}

/// A task in the tree: made for one that holds, nests a scope, waits to be told, has a name, is a daemon or is polled
/// elsewhere.
pub(crate) struct TaskNode {
    pub(crate) info: TaskInfo,
    pub(crate) scope: Arc<ScopeNode>,
    pub(crate) role: Role,
    node: Node,
    pub(super) holds: Holds,
    /// Why this task alone is to stop.
    pub(super) stop: OnceLock<CancelReason>,
    pub(super) flags: AtomicU8,
    /// What is recorded of it, where that is enabled.
    record: OnceLock<Arc<TaskRecord>>,
    poller: Mutex<Option<Waker>>,
}

const POLLING: u8 = 1;
pub(super) const ENDED: u8 = 1 << 1;

impl TaskNode {
    pub(crate) fn new(info: TaskInfo, scope: Arc<ScopeNode>, role: Role) -> Arc<Self> {
        let task = Arc::new(Self {
            info,
            scope,
            role,
            node: Node::default(),
            holds: Holds::default(),
            stop: OnceLock::new(),
            flags: AtomicU8::new(0),
            record: OnceLock::new(),
            poller: Mutex::default(),
        });
        let told = if role == Role::Finalizer {
            Told::Grace
        } else {
            Told::Same
        };
        let (scope, node): (Arc<dyn Cancellable>, Arc<dyn Cancellable>) = (task.scope.clone(), task.clone());
        scope.adopt(&node, told);
        task
    }

    /// The token of the task's cancellation: its scope's, or its own.
    pub(crate) fn token(self: &Arc<Self>) -> CancelToken {
        CancelToken::of(self.clone())
    }

    /// While the guard exists, the release of a hold leaves it to the poll to look at the task.
    pub(crate) fn begin_poll(&self) -> Polling<'_> {
        self.flags.fetch_or(POLLING, Ordering::AcqRel);
        Polling(self)
    }

    pub(crate) fn is_being_polled(&self) -> bool {
        self.has(POLLING)
    }

    /// Remembers how to have this task polled. The waker is one of ours, never the user's.
    pub(crate) fn set_poller(&self, waker: &Waker) {
        let mut poller = self.lock_poller();
        if poller.as_ref().is_none_or(|poller| !poller.will_wake(waker)) {
            *poller = Some(waker.clone());
        }
    }

    /// Has this task polled, if it has been polled before.
    pub(crate) fn wake(&self) {
        let poller = self.lock_poller().clone();
        if let Some(waker) = poller {
            waker.wake();
        }
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.has(ENDED)
    }

    /// The task has ended, and its future has been dropped. What was polled in it and has moved on is not touched.
    pub(crate) fn end(&self) {
        self.flags.fetch_or(ENDED, Ordering::SeqCst);
        self.give_up_holds();
        let poller = self.lock_poller().take();
        drop(poller);
        self.node.end();
        self.node.leave_all();
    }

    pub(crate) fn grace(&self) -> Grace {
        Grace::of(self.flags.load(Ordering::Acquire)).max(self.scope.grace())
    }

    /// Its own grace has ended, and that of what is polled in it.
    pub(crate) fn end_grace(&self, grace: Grace) {
        self.flags.fetch_or(grace.flag(), Ordering::AcqRel);
        self.node.end_grace();
        self.wake();
    }

    /// What is recorded of it.
    pub(crate) fn record(&self) -> Option<&Arc<TaskRecord>> {
        self.record.get()
    }

    pub(crate) fn set_record(&self, record: Arc<TaskRecord>) {
        // It is the same where there is one.
        let _ = self.record.set(record);
    }

    fn has(&self, flag: u8) -> bool {
        self.flags.load(Ordering::Acquire) & flag != 0
    }

    fn lock_poller(&self) -> MutexGuard<'_, Option<Waker>> {
        self.poller.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cancellable for TaskNode {
    fn node(&self) -> &Node {
        &self.node
    }

    fn grace_ended(&self) -> bool {
        // Finalizers have a grace of their own.
        self.role != Role::Finalizer
    }

    fn is_scope_or_task(&self) -> bool {
        true
    }
}

/// See [`TaskNode::begin_poll`].
pub(crate) struct Polling<'a>(&'a TaskNode);

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.0.flags.fetch_and(!POLLING, Ordering::AcqRel);
    }
}

/// Why a task holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoldKind {
    /// A shield, or a wait for cancellation that is about to be told.
    Shield,
    /// A finalizer that has not ended.
    Finalizer,
    /// A closure that runs, or a poll of a parallel child, on another thread.
    Elsewhere,
}

impl HoldKind {
    pub(super) const ALL: [Self; 3] = [Self::Shield, Self::Finalizer, Self::Elsewhere];
}

/// How often something holds, by kind. In a scope each task in it counts once.
///
/// A count may be below zero for a moment, where two threads meet: only the steps between 0 and 1 are passed on.
#[derive(Default)]
pub(crate) struct Holds([AtomicIsize; 3]);

impl Holds {
    /// Gives whether it is the first.
    pub(super) fn add(&self, kind: HoldKind) -> bool {
        self.0[kind as usize].fetch_add(1, Ordering::AcqRel) == 0
    }

    /// Gives whether it was the last.
    pub(super) fn sub(&self, kind: HoldKind) -> bool {
        self.0[kind as usize].fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Gives whether there were any.
    pub(super) fn clear(&self, kind: HoldKind) -> bool {
        self.0[kind as usize].swap(0, Ordering::AcqRel) > 0
    }

    pub(super) fn any(&self, kind: HoldKind) -> bool {
        self.0[kind as usize].load(Ordering::Acquire) > 0
    }
}

/// Orders a look at the holds against a look at whether a task is being polled: one of two threads sees what the other
/// has done.
pub(super) fn full_fence() {
    fence(Ordering::SeqCst);
}
