use std::{panic::Location, sync::Arc};

use super::{
    Binding, TaskSpan,
    tag::{BEYOND_GRACE, DAEMON, HAS_PLACE, KEPT, MAY_BLOCK, NODE_KNOWN, POLLER_KNOWN, SHIELDED, Tag, Which},
};
use crate::{
    cancel::CancelReason,
    tree::{Role, ScopeNode, TaskId, TaskInfo, TaskNode, record::TaskRecord},
};

/// What surrounds the code of one task: kept with its future, and swapped into a thread-local while it is polled.
pub(crate) struct Env {
    scope: Option<Arc<ScopeNode>>,
    id: TaskId,
    tag: Tag,
    /// What is recorded of it, where that is enabled.
    record: Option<Arc<TaskRecord>>,
    /// Made when something asks for it.
    task: Option<Arc<TaskNode>>,
    pub(super) bindings: Option<Arc<Binding>>,
    /// Where the task was spawned, if that is not where its scope was opened.
    at: Option<&'static Location<'static>>,
    /// Not there while the task is polled.
    pub(super) span: TaskSpan,
}

impl Default for Env {
    /// Outside of all scopes.
    fn default() -> Self {
        Self {
            scope: None,
            id: TaskId::NONE,
            tag: Tag::BODY,
            record: None,
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
            tag: Tag::child(number),
            record: None,
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
            tag: Tag::FINALIZER,
            bindings,
            span: TaskSpan::default(),
            ..Self::body(scope)
        }
    }

    /// The inside of a timeout, which is the same task as its outside.
    pub(crate) fn same_task(scope: Arc<ScopeNode>, bindings: Option<Arc<Binding>>) -> Self {
        Self {
            scope: Some(scope),
            tag: Tag::SAME,
            bindings,
            ..Self::default()
        }
    }

    /// A task that has its node already.
    pub(crate) fn of(task: Arc<TaskNode>, bindings: Option<Arc<Binding>>) -> Self {
        Self {
            scope: Some(task.scope.clone()),
            id: task.info.id(),
            at: task.info.location(),
            record: task.record().cloned(),
            tag: Tag::of(Which::Body, if task.role == Role::Daemon { DAEMON } else { 0 }),
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
            record: self.record.clone(),
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
            if let Some(record) = &self.record {
                task.set_record(record.clone());
            }
            self.task = Some(task);
        }
        self.task.clone()
    }

    /// Which task this is; `None` outside of all scopes, and in a timeout outside of all.
    pub(crate) fn named_info(&self) -> Option<TaskInfo> {
        if self.tag.is(Which::Same) && self.task.is_none() {
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
        let info = match self.tag.which() {
            Which::Child => TaskInfo::numbered(self.id, scope.naming(), self.number()),
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
        if self.tag.is(Which::Finalizer) {
            Role::Finalizer
        } else if self.has(DAEMON) {
            Role::Daemon
        } else {
            Role::Ordinary
        }
    }

    /// The task was spawned there.
    pub(crate) fn spawned_at(&mut self, at: &'static Location<'static>) {
        self.at = Some(at);
    }

    /// What is recorded of the task.
    #[inline]
    pub(crate) fn record(&self) -> Option<&Arc<TaskRecord>> {
        match &self.record {
            None => self.task.as_ref()?.record(),
            known => known.as_ref(),
        }
    }

    pub(crate) fn set_record(&mut self, record: Arc<TaskRecord>) {
        if let Some(task) = &self.task {
            task.set_record(record.clone());
        }
        self.record = Some(record);
    }

    /// Whether it is a task of its own, and not the inside of a timeout.
    pub(crate) fn is_task(&self) -> bool {
        !self.tag.is(Which::Same) && self.scope.is_some()
    }

    /// Whether it is named after its number in its scope.
    pub(crate) fn is_numbered(&self) -> bool {
        self.tag.is(Which::Child)
    }

    pub(crate) fn number(&self) -> u64 {
        self.tag.number()
    }

    pub(crate) fn location(&self) -> Option<&'static Location<'static>> {
        self.at
    }

    pub(crate) fn is_body(&self) -> bool {
        self.tag.is(Which::Body) && self.task.as_ref().is_none_or(|task| task.info.is_body())
    }

    pub(crate) fn has_place(&self) -> bool {
        self.has(HAS_PLACE)
    }

    pub(crate) fn give_place(&mut self) {
        self.set(HAS_PLACE, true);
    }

    pub(crate) fn is_beyond_grace(&self) -> bool {
        self.has(BEYOND_GRACE)
    }

    pub(crate) fn set_beyond_grace(&mut self) {
        self.set(BEYOND_GRACE, true);
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
        self.set_in_closure(true);
        self
    }

    /// The inside of a timeout runs where the timeout is polled: in a closure, which may block, or not.
    pub(crate) fn set_in_closure(&mut self, in_closure: bool) {
        self.set(MAY_BLOCK, in_closure);
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
        if self.tag.is(Which::Finalizer) {
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
        self.tag.is(Which::Finalizer) || self.task.as_ref().is_some_and(|task| task.holds())
    }

    fn has(&self, flag: u8) -> bool {
        self.tag.has(flag)
    }

    fn set(&mut self, flag: u8, on: bool) {
        self.tag.set(flag, on);
    }
}
