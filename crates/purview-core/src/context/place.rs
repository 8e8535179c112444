use std::sync::Arc;

use crate::tree::TaskNode;

/// Where a scope is polled: as its engine remembers it, one comparison tells that nothing has changed.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The address of the task's node, which the link keeps; 0 outside of all scopes.
    pub(super) task: usize,
    pub(super) shielded: bool,
}

/// In [`Place::task`]: a task that has no node yet.
pub(super) const UNMADE: usize = usize::MAX;

impl Place {
    pub(super) fn of(task: Option<&Arc<TaskNode>>, shielded: bool) -> Self {
        Self::new(task.map_or(0, |task| Arc::as_ptr(task).addr()), shielded)
    }

    pub(super) fn new(task: usize, shielded: bool) -> Self {
        Self { task, shielded }
    }
}
