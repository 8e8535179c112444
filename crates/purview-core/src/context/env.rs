use std::{panic::Location, sync::Arc};

use super::{Binding, TaskSpan};
use crate::{
    cancel::CancelReason,
    tree::{RecordKey, Role, ScopeNode, TaskId, TaskInfo, TaskNode},
};

/// What surrounds the code of one task: kept with its future, and swapped into a thread-local while it is polled.
pub(crate) struct Env {
    scope: Option<Arc<ScopeNode>>,
    id: TaskId,
    /// Of a child, its number in its scope.
    number: u64,
    /// Where it is recorded in its scope, if it is.
    record_key: RecordKey,
    which: Which,
    flags: u8,
    /// Made when something asks for it.
    task: Option<Arc<TaskNode>>,
    pub(super) bindings: Option<Arc<Binding>>,
    /// Where the task was spawned, if that is not where its scope was opened.
    at: Option<&'static Location<'static>>,
    /// Not there while the task is polled.
    pub(super) span: TaskSpan,
}

/// Which task of its scope this is, where it has no name of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Body,
    Child,
    Finalizer,
    /// The task that polls the scope: the scope is a timeout.
    Same,
}

/// Inside a shield the scopes around are not seen: neither their cancellation nor their deadline.
const SHIELDED: u8 = 1;
/// The thread is one for blocking work.
const MAY_BLOCK: u8 = 1 << 1;
const DAEMON: u8 = 1 << 2;
/// It has one of the places that its scope's limit gives.
const HAS_PLACE: u8 = 1 << 3;
/// Its scope is cut, and it is the body, which is to see its tasks resolve.
const KEPT: u8 = 1 << 4;
/// The grace of its scope has ended, and another thread is in it.
const BEYOND_GRACE: u8 = 1 << 5;
/// Its slot knows how to have it polled.
const POLLER_KNOWN: u8 = 1 << 6;
/// Its slot has its node.
const NODE_KNOWN: u8 = 1 << 7;

impl Default for Env {
    /// Outside of all scopes.
    fn default() -> Self {
        Self {
            scope: None,
            id: TaskId::NONE,
            number: 0,
            record_key: RecordKey::NONE,
            which: Which::Body,
            flags: 0,
            task: None,
            bindings: None,
            at: None,
            span: TaskSpan::default(),
        }
    }
}

impl Env {
    pub(crate) fn child(scope: Arc<ScopeNode>, id: TaskId, number: u64, bindings: Option<Arc<Binding>>) -> Self {
        Self {
            scope: Some(scope),
            id,
            number,
            record_key: RecordKey::NONE,
            which: Which::Child,
            flags: 0,
            task: None,
            bindings,
            at: None,
            span: TaskSpan::default(),
        }
    }

    pub(crate) fn body(scope: Arc<ScopeNode>) -> Self {
        Self {
            scope: Some(scope),
            id: TaskId::next(),
            span: TaskSpan::of_body(),
            ..Self::default()
        }
    }

    pub(crate) fn finalizer(scope: Arc<ScopeNode>, bindings: Option<Arc<Binding>>) -> Self {
        Self {
            which: Which::Finalizer,
            bindings,
            flags: SHIELDED,
            span: TaskSpan::default(),
            ..Self::body(scope)
        }
    }

    /// The inside of a timeout, which is the same task as its outside.
    pub(crate) fn same_task(scope: Arc<ScopeNode>, bindings: Option<Arc<Binding>>) -> Self {
        Self {
            scope: Some(scope),
            which: Which::Same,
            bindings,
            ..Self::default()
        }
    }

    /// A task that has its node already.
    pub(crate) fn of(task: Arc<TaskNode>, bindings: Option<Arc<Binding>>) -> Self {
        Self {
            scope: Some(task.scope.clone()),
            id: task.info.id(),
            number: 0,
            at: task.info.location(),
            record_key: task.record_key(),
            which: Which::Body,
            flags: if task.role == Role::Daemon { DAEMON } else { 0 },
            task: Some(task),
            bindings,
            span: TaskSpan::default(),
        }
    }

    /// The surroundings of another part of the same task, which has its node already.
    pub(crate) fn same(&self) -> Self {
        Self {
            scope: self.scope.clone(),
            task: self.task.clone(),
            bindings: self.bindings.clone(),
            span: self.span.copy(),
            ..*self
        }
    }

    pub(crate) fn bind(&mut self, bindings: Option<Arc<Binding>>) {
        self.bindings = bindings;
    }

    pub(crate) fn bindings(&self) -> Option<&Arc<Binding>> {
        self.bindings.as_ref()
    }

    pub(crate) fn id(&self) -> TaskId {
        self.id
    }

    pub(crate) fn scope(&self) -> Option<&Arc<ScopeNode>> {
        self.scope.as_ref()
    }

    /// The task's node, where there is one.
    pub(crate) fn task(&self) -> Option<&Arc<TaskNode>> {
        self.task.as_ref()
    }

    /// The task's node; `None` outside of all scopes.
    pub(crate) fn make_task(&mut self) -> Option<Arc<TaskNode>> {
        if self.task.is_none() {
            let scope = self.scope.clone()?;
            let task = TaskNode::new(self.info()?, scope, self.role());
            task.set_record_key(self.record_key);
            self.task = Some(task);
        }
        self.task.clone()
    }

    /// Which task this is; `None` outside of all scopes, and in a timeout outside of all.
    pub(crate) fn named_info(&self) -> Option<TaskInfo> {
        if self.which == Which::Same && self.task.is_none() {
            let link = self.scope.as_ref()?.link()?;
            return Some(link.task.info.clone());
        }
        self.info()
    }

    fn info(&self) -> Option<TaskInfo> {
        if let Some(task) = &self.task {
            return Some(task.info.clone());
        }
        let scope = self.scope.as_ref()?;
        let info = match self.which {
            Which::Child => TaskInfo::numbered(self.id, scope.naming(), self.number),
            Which::Body => TaskInfo::body(self.id, scope.naming()),
            Which::Finalizer => TaskInfo::finalizer(self.id, scope.naming()),
            Which::Same => {
                return Some(match scope.link() {
                    Some(link) => link.task.info.clone(),
                    None => scope.body_info(),
                });
            }
        };
        Some(info.located(self.at.or(scope.location())))
    }

    pub(crate) fn role(&self) -> Role {
        match self.which {
            Which::Finalizer => Role::Finalizer,
            _ if self.has(DAEMON) => Role::Daemon,
            _ => Role::Ordinary,
        }
    }

    /// The task was spawned there.
    pub(crate) fn spawned_at(&mut self, at: &'static Location<'static>) {
        self.at = Some(at);
    }

    /// Where the task is recorded in its scope.
    pub(crate) fn record_key(&self) -> RecordKey {
        if self.record_key == RecordKey::NONE {
            self.task.as_ref().map_or(RecordKey::NONE, |task| task.record_key())
        } else {
            self.record_key
        }
    }

    pub(crate) fn set_record_key(&mut self, key: RecordKey) {
        self.record_key = key;
        if let Some(task) = &self.task {
            task.set_record_key(key);
        }
    }

    /// Whether it is a task of its own, and not the inside of a timeout.
    pub(crate) fn is_task(&self) -> bool {
        self.which != Which::Same && self.scope.is_some()
    }

    /// Whether it is named after its number in its scope.
    pub(crate) fn is_numbered(&self) -> bool {
        self.which == Which::Child
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn location(&self) -> Option<&'static Location<'static>> {
        self.at
    }

    pub(crate) fn is_body(&self) -> bool {
        self.which == Which::Body && self.task.as_ref().is_none_or(|task| task.info.is_body())
    }

    pub(crate) fn has_place(&self) -> bool {
        self.has(HAS_PLACE)
    }

    pub(crate) fn give_place(&mut self) {
        self.flags |= HAS_PLACE;
    }

    pub(crate) fn is_beyond_grace(&self) -> bool {
        self.has(BEYOND_GRACE)
    }

    pub(crate) fn set_beyond_grace(&mut self) {
        self.flags |= BEYOND_GRACE;
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.has(KEPT)
    }

    pub(crate) fn keep(&mut self, kept: bool) {
        self.set(KEPT, kept);
    }

    /// Whether its slot lacks its node, or how to have it polled: then the slot's lock is taken.
    pub(crate) fn is_unknown_to_slot(&self) -> bool {
        !self.has(POLLER_KNOWN) || (!self.has(NODE_KNOWN) && self.task.is_some())
    }

    pub(crate) fn set_known_to_slot(&mut self) {
        self.set(POLLER_KNOWN, true);
        self.set(NODE_KNOWN, self.task.is_some());
    }

    pub(crate) fn may_block(mut self) -> Self {
        self.flags |= MAY_BLOCK;
        self
    }

    pub(super) fn is_shielded(&self) -> bool {
        self.has(SHIELDED)
    }

    pub(super) fn shield(&mut self, shielded: bool) {
        self.set(SHIELDED, shielded);
    }

    pub(super) fn is_in_closure(&self) -> bool {
        self.has(MAY_BLOCK)
    }

    /// Why this task is to stop: alone, where its node knows that, or with its scope.
    pub(crate) fn stopped(&self) -> Option<&CancelReason> {
        if self.which == Which::Finalizer {
            return None;
        }
        let alone = self.task.as_ref().and_then(|task| task.stopped_alone());
        let with_scope = || self.scope.as_ref()?.cut().filter(|_| !self.is_kept());
        alone.or_else(with_scope)
    }

    /// Whether this task is to stop: see [`stopped`](Self::stopped).
    #[inline]
    pub(crate) fn is_stopped(&self) -> bool {
        // A plain child has no node, and its scope runs: two looks.
        if self.task.is_none() && self.scope.as_ref().is_none_or(|scope| scope.cut().is_none()) {
            return false;
        }
        self.stopped().is_some()
    }

    /// Whether it is to be polled on although it is to stop.
    pub(crate) fn holds(&self) -> bool {
        self.which == Which::Finalizer || self.task.as_ref().is_some_and(|task| task.holds())
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    fn set(&mut self, flag: u8, on: bool) {
        self.flags = if on { self.flags | flag } else { self.flags & !flag };
    }
}
