use std::sync::Arc;

use super::live::{LiveScope, LiveTask, Wait};
use crate::{
    context::{Frame, TaskId},
    scope::State,
    stack::with_room,
};

/// A task that is alive, and what was noted of it.
pub(super) struct Seen {
    pub(super) frame: Arc<Frame>,
    pub(super) polls: u64,
    pub(super) closure: bool,
    pub(super) waits: Vec<Wait>,
}

/// Who is in whom.
pub(super) struct Tree {
    pub(super) states: Vec<Arc<State>>,
    pub(super) tasks: Vec<Seen>,
}

impl Tree {
    /// The scopes that hang in no task, or in one that is not counted here, as around a test runtime that is run inside a
    /// scope.
    pub(super) fn roots(&self) -> Vec<LiveScope> {
        self.hanging(|owner| owner.is_none_or(|owner| !self.tasks.iter().any(|task| task.frame.info.id() == owner)))
    }

    /// The scopes that hang in this task.
    fn below(&self, task: TaskId) -> Vec<LiveScope> {
        self.hanging(|owner| owner == Some(task))
    }

    fn hanging(&self, here: impl Fn(Option<TaskId>) -> bool) -> Vec<LiveScope> {
        let owner = |state: &State| state.outer().map(|link| link.frame.info.id());
        let hanging = self.states.iter().filter(|state| here(owner(state)));
        hanging.filter_map(|state| self.scope(state)).collect()
    }

    fn scope(&self, state: &Arc<State>) -> Option<LiveScope> {
        let inside = |task: &&Seen| Arc::ptr_eq(&task.frame.scope, state) && !task.frame.is_ended();
        let tasks: Vec<LiveTask> = self.tasks.iter().filter(inside).map(|task| self.task(task)).collect();
        let open = tasks.is_empty() && state.is_open();
        // A timeout is one too, in which nobody is but the task around it.
        (open || !tasks.is_empty()).then(|| LiveScope {
            name: state.given_name().map(str::to_owned),
            cancelled: state.cancelled().cloned(),
            open,
            tasks,
        })
    }

    fn task(&self, task: &Seen) -> LiveTask {
        let Seen {
            frame,
            polls,
            closure,
            waits,
        } = task;
        LiveTask {
            info: frame.info.clone(),
            body: frame.info.is_body(),
            polls: *polls,
            closure: *closure,
            waits: waits.clone(),
            cancelled: frame.stopped(),
            scopes: with_room(|| self.below(frame.info.id())),
        }
    }
}
