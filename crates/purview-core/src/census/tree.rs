use std::sync::Arc;

use super::live::{LiveScope, LiveTask, Wait};
use crate::{
    stack::with_room,
    tree::{ScopeNode, TaskId, TaskNode},
};

/// A task that is alive, and what was noted of it.
pub(super) struct Seen {
    pub(super) task: Arc<TaskNode>,
    pub(super) polls: u64,
    pub(super) closure: bool,
    pub(super) waits: Vec<Wait>,
}

/// What is polled in what.
pub(super) struct Tree {
    pub(super) states: Vec<Arc<ScopeNode>>,
    pub(super) tasks: Vec<Seen>,
}

impl Tree {
    /// The scopes that no task polls, or one that is not counted here, as around a test runtime that is run inside a scope.
    pub(super) fn roots(&self) -> Vec<LiveScope> {
        self.hanging(|owner| owner.is_none_or(|owner| !self.tasks.iter().any(|task| task.task.info.id() == owner)))
    }

    /// The scopes that hang in this task.
    fn below(&self, task: TaskId) -> Vec<LiveScope> {
        self.hanging(|owner| owner == Some(task))
    }

    fn hanging(&self, here: impl Fn(Option<TaskId>) -> bool) -> Vec<LiveScope> {
        let owner = |state: &ScopeNode| state.link().map(|link| link.task.info.id());
        let hanging = self.states.iter().filter(|state| here(owner(state)));
        hanging.filter_map(|state| self.scope(state)).collect()
    }

    fn scope(&self, state: &Arc<ScopeNode>) -> Option<LiveScope> {
        let inside = |task: &&Seen| Arc::ptr_eq(&task.task.scope, state) && !task.task.is_ended();
        let tasks: Vec<LiveTask> = self.tasks.iter().filter(inside).map(|task| self.task(task)).collect();
        let open = tasks.is_empty() && state.is_open();
        // A timeout is one too, which has no task but the one around it.
        (open || !tasks.is_empty()).then(|| LiveScope {
            name: state.given_name().map(str::to_owned),
            cancelled: state.cancelled().cloned(),
            open,
            tasks,
        })
    }

    fn task(&self, task: &Seen) -> LiveTask {
        let Seen {
            task,
            polls,
            closure,
            waits,
        } = task;
        LiveTask {
            info: task.info.clone(),
            body: task.info.is_body(),
            polls: *polls,
            closure: *closure,
            waits: waits.clone(),
            cancelled: task.stopped().cloned(),
            scopes: with_room(|| self.below(task.info.id())),
        }
    }
}
