use std::{
    borrow::Cow,
    panic::Location,
    sync::{Arc, PoisonError},
    task::{Wake, Waker},
};

use super::{
    bound::Bound,
    grace::GivenGrace,
    info::{Naming, TaskId, TaskInfo},
    record::ScopeRecord,
    spans::ScopeSpans,
    task_node::{Holds, TaskNode},
};
use crate::{
    cancel::{CancelReason, CancelToken, Cancellable, Node, Told},
    runtime::{Runtime, RuntimeChoice, outside_scopes},
    sync::{
        Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    wake::{HasSignal, Signal, Waiters, part},
};

/// Everything of a scope, a gather or a timeout that depends on no type in it: a node of the tree of cancellation, and
/// its place among the tasks around it.
pub(crate) struct ScopeNode {
    signal: Signal,
    node: Node,
    /// Why plain children are being dropped; set when that begins, which is after the token has fired.
    pub(super) cut: OnceLock<CancelReason>,
    pub(super) flags: AtomicU8,
    /// It, or a scope below it, was told of a cancellation and runs on because a shutdown gives it time. Set in all that is
    /// around such a scope.
    pub(super) shutdown_below: AtomicBool,
    pub(super) holds: Holds,
    pub(super) name: Option<Cow<'static, str>>,
    naming: OnceLock<Arc<Naming>>,
    fallback: Option<RuntimeChoice>,
    pub(super) spans: ScopeSpans,
    at: Option<&'static Location<'static>>,
    /// What is recorded of its tasks, where that is enabled.
    record: OnceLock<Arc<ScopeRecord>>,
    pub(super) grace: GivenGrace,
    cold: Mutex<Cold>,
}

/// What is asked for rarely, under one lock.
pub(super) struct Cold {
    pub(super) link: Option<Link>,
    pub(super) bound: Bound,
    runtime: Option<Arc<dyn Runtime>>,
    waiting: Option<Box<Waiting>>,
}

/// What waits for a scope, which most scopes have none of.
#[derive(Default)]
pub(super) struct Waiting {
    /// What was cancelled alone, for the engine to look at.
    pub(super) stopped: Vec<Stopped>,
    /// Waiters for the end.
    pub(super) for_end: Waiters,
    /// Tasks that came up when the scope had been cancelled and was not cut: wakers of ours.
    put_off: Vec<Waker>,
    /// What its deadline, or one further out, keeps pending: to be woken when that is moved, or the scope is polled elsewhere.
    pub(super) if_moved: Vec<Waker>,
}

/// What was cancelled alone.
pub(crate) enum Stopped {
    Task(Arc<TaskNode>),
    /// A child that had no node, and had not been polled.
    Child(TaskId),
}

impl Stopped {
    pub(crate) fn id(&self) -> TaskId {
        match self {
            Self::Task(task) => task.info.id(),
            Self::Child(id) => *id,
        }
    }
}

/// What a scope that has ended keeps no longer.
pub(super) struct Left {
    pub(super) runtime: Option<Arc<dyn Runtime>>,
    pub(super) waiting: Option<Box<Waiting>>,
}

impl Cold {
    pub(super) fn leave(&mut self) -> Left {
        Left {
            runtime: self.runtime.take(),
            waiting: self.waiting.take(),
        }
    }

    pub(super) fn waiting(&mut self) -> &mut Waiting {
        self.waiting.get_or_insert_default()
    }

    pub(super) fn forget_end_waiter(&mut self, key: Option<u64>) -> Option<Waker> {
        self.waiting.as_mut()?.for_end.remove(key)
    }

    /// One of the lists, to be dropped or woken outside the lock.
    pub(super) fn take<T>(&mut self, list: impl FnOnce(&mut Waiting) -> &mut Vec<T>) -> Vec<T> {
        let waiting = self.waiting.as_mut();
        waiting.map_or_else(Vec::new, |waiting| std::mem::take(list(waiting)))
    }
}

/// The task that polls a scope.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) task: Arc<TaskNode>,
    /// A shield stands between the two: neither cancellation nor deadline comes through.
    pub(crate) shielded: bool,
    pub(super) key: u64,
}

/// What a scope node is made with.
#[derive(Default)]
pub(crate) struct ScopeOptions {
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) bound: Bound,
    pub(crate) grace: GivenGrace,
    pub(crate) runtime: Option<Arc<dyn Runtime>>,
    pub(crate) fallback: Option<RuntimeChoice>,
    pub(crate) spans: ScopeSpans,
    /// Where the program opens it.
    pub(crate) at: Option<&'static Location<'static>>,
}

/// It has been polled.
pub(super) const POLLED: u8 = 1;
/// It has ended.
pub(super) const ENDED: u8 = 1 << 1;
/// It has no body, and ends when nothing can be spawned any more.
const OPEN: u8 = 1 << 2;
/// A shutdown fired its token, and drops no child yet.
const SOFT: u8 = 1 << 3;
/// All of the subtree has been told of its cancellation.
const TOLD: u8 = 1 << 6;
/// It is a gather.
const GATHER: u8 = 1 << 7;

impl ScopeNode {
    pub(crate) fn new(options: ScopeOptions) -> Arc<Self> {
        Arc::new(Self {
            signal: Signal::default(),
            node: Node::default(),
            cut: OnceLock::new(),
            flags: AtomicU8::new(0),
            shutdown_below: AtomicBool::new(false),
            holds: Holds::default(),
            name: options.name,
            naming: OnceLock::new(),
            fallback: options.fallback,
            spans: options.spans,
            at: options.at,
            record: OnceLock::new(),
            grace: options.grace,
            cold: Mutex::new(Cold {
                link: None,
                bound: options.bound,
                runtime: options.runtime,
                waiting: None,
            }),
        })
    }

    pub(crate) fn signal(&self) -> &Signal {
        &self.signal
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    pub(crate) fn token(self: &Arc<Self>) -> CancelToken {
        CancelToken::of(self.clone())
    }

    /// Cancels it when `token` is, for the same reason.
    pub(crate) fn cancel_on(self: &Arc<Self>, token: &CancelToken) {
        let this: Arc<dyn Cancellable> = self.clone();
        token.cancellable().clone().adopt(&this, Told::Same);
    }

    /// The name that it was given.
    pub(crate) fn given_name(&self) -> Option<&str> {
        self.name.as_deref().filter(|name| !name.is_empty())
    }

    #[cfg(feature = "tracing")]
    pub(crate) fn spans(&self) -> &ScopeSpans {
        &self.spans
    }

    pub(crate) fn naming(&self) -> &Arc<Naming> {
        self.naming.get_or_init(|| Arc::new(Naming::new(self.name.clone())))
    }

    /// Where the program opens it.
    pub(crate) fn location(&self) -> Option<&'static Location<'static>> {
        self.at
    }

    /// What is recorded of its tasks.
    pub(crate) fn record(&self) -> Option<&Arc<ScopeRecord>> {
        self.record.get()
    }

    /// What is recorded of its tasks, from now on if not before.
    pub(crate) fn record_or(&self, make: impl FnOnce() -> Arc<ScopeRecord>) -> &Arc<ScopeRecord> {
        self.record.get_or_init(make)
    }

    /// The body of a scope, as a task.
    pub(crate) fn body_info(&self) -> TaskInfo {
        TaskInfo::body(TaskId::next(), self.naming()).located(self.at)
    }

    pub(crate) fn runtime(&self) -> Arc<dyn Runtime> {
        if let Some(runtime) = &self.lock().runtime {
            return runtime.clone();
        }
        // Only before the first poll is there none. A facade's choice is not made under the lock.
        let chosen = outside_scopes(self.fallback);
        self.lock().runtime.get_or_insert(chosen).clone()
    }

    /// Settles which runtime serves it: the given one, else that of the scope around, else the one outside of scopes.
    pub(super) fn settle_runtime(&self, around: Option<&Self>) {
        if self.lock().runtime.is_some() {
            return;
        }
        let runtime = around.map_or_else(|| outside_scopes(self.fallback), Self::runtime);
        let spare = self.lock().runtime.replace(runtime);
        drop(spare);
    }

    pub(crate) fn set_open(&self) {
        self.set(OPEN);
    }

    /// Whether it has no body, and ends when nothing can be spawned any more.
    pub(crate) fn is_open(&self) -> bool {
        self.has(OPEN)
    }

    pub(crate) fn set_gather(&self) {
        self.set(GATHER);
    }

    pub(crate) fn is_gather(&self) -> bool {
        self.has(GATHER)
    }

    pub(crate) fn is_polled(&self) -> bool {
        self.has(POLLED)
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.has(ENDED)
    }

    pub(crate) fn set_soft(&self, soft: bool) {
        if soft {
            self.set(SOFT);
        } else {
            self.flags.fetch_and(!SOFT, Ordering::AcqRel);
        }
    }

    pub(crate) fn is_soft(&self) -> bool {
        self.has(SOFT)
    }

    /// Whether its cancellation has reached all that is below it.
    pub(crate) fn is_told(&self) -> bool {
        self.has(TOLD)
    }

    /// Has a task polled again after the cut.
    pub(crate) fn put_off(&self, waker: Waker) {
        self.lock().waiting().put_off.push(waker);
    }

    pub(crate) fn take_put_off(&self) -> Vec<Waker> {
        self.lock().take(|waiting| &mut waiting.put_off)
    }

    pub(super) fn set(&self, flag: u8) {
        self.flags.fetch_or(flag, Ordering::AcqRel);
    }

    fn has(&self, flag: u8) -> bool {
        self.flags.load(Ordering::Acquire) & flag != 0
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Cold> {
        self.cold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cancellable for ScopeNode {
    fn node(&self) -> &Node {
        &self.node
    }

    fn fired(&self, again: bool) {
        self.set(TOLD);
        if !again {
            self.note_told();
        }
        if !again || self.cut.get().is_none() {
            self.signal.raise(part::CANCEL);
        }
    }

    fn grace_ended(&self) -> bool {
        self.signal.raise(part::GRACE);
        // Its own engine signals the tasks in it.
        false
    }

    fn is_scope_or_task(&self) -> bool {
        true
    }
}

impl HasSignal for ScopeNode {
    fn signal(&self) -> &Signal {
        &self.signal
    }
}

/// The waker of the body is the node itself, which saves a scope an allocation.
impl Wake for ScopeNode {
    fn wake(self: Arc<Self>) {
        self.signal.raise(part::BODY);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.signal.raise(part::BODY);
    }
}

// A panic while a scope is polled leaves its node usable: every lock here is used poisoned too.
impl std::panic::UnwindSafe for ScopeNode {}
impl std::panic::RefUnwindSafe for ScopeNode {}
