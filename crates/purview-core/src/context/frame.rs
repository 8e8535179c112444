use std::{sync::Arc, task::Waker};

use super::{Binding, Place, Surroundings, TaskInfo, span::TaskSpan};
use crate::{
    cancel::{CancelReason, CancelToken},
    scope::State,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicBool, AtomicIsize, Ordering},
    },
};

/// What a scope expects of a task of its.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Awaited by its scope.
    Ordinary,
    /// Cancelled when the last ordinary child has ended.
    Daemon,
    /// Runs when all others are gone, and out of sight of the scope's cancellation.
    Finalizer,
}

/// What is known of one task without knowing its types: who it is, which scope it is in, and whether it holds.
pub(crate) struct Frame {
    pub(crate) info: TaskInfo,
    pub(crate) scope: Arc<State>,
    pub(crate) role: Role,
    /// What was bound where it was spawned; for a body, where it is first polled.
    bindings: OnceLock<Option<Arc<Binding>>>,
    /// How many shields, waits and nested scopes keep it from being dropped at once.
    pub(super) holds: AtomicIsize,
    /// How many of these wait for the scope's own token, which does not fire for a task that is cancelled alone.
    pub(super) scope_waits: AtomicIsize,
    /// Why this task alone is to stop.
    pub(super) stop: OnceLock<CancelReason>,
    /// Made for those who wait on it, or nest a scope.
    pub(super) token: OnceLock<CancelToken>,
    pub(super) place: Mutex<Option<Waker>>,
    pub(super) span: TaskSpan,
    pub(super) polling: AtomicBool,
    pub(super) ended: AtomicBool,
    /// Its scope is cut, and it is the body that is to see its tasks resolve.
    pub(super) spared: AtomicBool,
    /// Its grace is over: it holds no more, whatever it is in.
    pub(super) out_of_grace: AtomicBool,
    /// It has one of the places that its scope's limit gives.
    admitted: AtomicBool,
}

impl Frame {
    pub(crate) fn new(info: TaskInfo, scope: Arc<State>, bindings: Option<Arc<Binding>>, role: Role) -> Arc<Self> {
        let frame = Self::unbound(info, scope, role);
        frame.bind(bindings);
        frame
    }

    /// A task that is yet to be bound.
    pub(crate) fn unbound(info: TaskInfo, scope: Arc<State>, role: Role) -> Arc<Self> {
        Arc::new(Self {
            info,
            scope,
            role,
            bindings: OnceLock::new(),
            holds: AtomicIsize::new(0),
            scope_waits: AtomicIsize::new(0),
            stop: OnceLock::new(),
            token: OnceLock::new(),
            place: Mutex::default(),
            span: TaskSpan::default(),
            polling: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            spared: AtomicBool::new(false),
            out_of_grace: AtomicBool::new(false),
            admitted: AtomicBool::new(false),
        })
    }

    pub(crate) fn bind(&self, bindings: Option<Arc<Binding>>) {
        let _ = self.bindings.set(bindings);
    }

    /// What surrounds this task's code.
    pub(crate) fn surroundings(self: &Arc<Self>) -> Surroundings {
        Surroundings {
            place: Place::Task(self.clone()),
            shielded: self.role == Role::Finalizer,
            bindings: self.bindings.get().cloned().flatten(),
            may_block: false,
        }
    }

    pub(crate) fn admit(&self) {
        self.admitted.store(true, Ordering::Release);
    }

    pub(crate) fn is_admitted(&self) -> bool {
        self.admitted.load(Ordering::Acquire)
    }
}
