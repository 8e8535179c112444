//! The tasks of the runtime: the root, spawned futures, and closures that may block.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Weak},
    task::{Wake, Waker},
};

use purview_core::BoxFuture;

use super::shared::Shared;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TaskId(pub(super) u64);

/// A closure that may block.
pub(super) type Closure = Box<dyn FnOnce() + Send>;

pub(super) enum Work {
    /// The future that was given to `block_on`; it is kept on the stack of that call.
    Root,
    /// A spawned future; `None` while it is being polled.
    Future(Option<BoxFuture>),
    /// A closure that has not been started yet.
    Closure(Closure),
}

pub(super) struct Task {
    pub(super) work: Work,
    pub(super) polls: u64,
    pub(super) spawned_by: Option<TaskId>,
    /// Wakes since the latest poll that came through the waker of an earlier one, and were ignored.
    pub(super) ignored_wakes: u64,
    woken: bool,
    priority: u32,
    waker: Arc<TaskWaker>,
}

impl Task {
    /// How many wakers of the latest poll, and of earlier ones, are still held.
    pub(super) fn wakers_held(&self) -> (usize, usize) {
        let latest = Arc::strong_count(&self.waker) - 1;
        let earlier = Arc::strong_count(&self.waker.census) - 1;
        (latest, earlier)
    }

    /// It was woken and not polled since.
    pub(super) fn is_woken(&self) -> bool {
        self.woken
    }

    /// Whether a waker is held that would have this task polled again.
    pub(super) fn can_be_woken(&self, only_the_latest: bool) -> bool {
        let (latest, earlier) = self.wakers_held();
        latest > 0 || (earlier > 0 && !only_the_latest)
    }

    pub(super) fn generation(&self) -> u64 {
        self.waker.generation
    }

    pub(super) fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.waker))
    }

    /// Gives the next poll a waker that is not equal to the one before.
    pub(super) fn renew_waker(&mut self) {
        self.waker = Arc::new(TaskWaker {
            shared: Weak::clone(&self.waker.shared),
            task: self.waker.task,
            generation: self.waker.generation + 1,
            census: Arc::clone(&self.waker.census),
        });
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("polls", &self.polls)
            .field("woken", &self.woken)
            .finish_non_exhaustive()
    }
}

/// Wakes one task; `generation` tells the wakers of different polls apart.
pub(super) struct TaskWaker {
    shared: Weak<Shared>,
    task: TaskId,
    generation: u64,
    /// Held once by each generation of this task's wakers, to count those that are alive.
    census: Arc<()>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(shared) = self.shared.upgrade() {
            shared.wake(self.task, self.generation);
        }
    }
}

/// All tasks that have not ended, and the queue of those that were woken.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    all: BTreeMap<TaskId, Task>,
    woken: VecDeque<TaskId>,
    created: u64,
}

impl Tasks {
    pub(super) fn insert(
        &mut self,
        shared: Weak<Shared>,
        work: Work,
        priority: u32,
        spawned_by: Option<TaskId>,
    ) -> TaskId {
        let id = TaskId(self.created);
        self.created += 1;
        let waker = Arc::new(TaskWaker {
            shared,
            task: id,
            generation: 0,
            census: Arc::new(()),
        });
        self.all.insert(
            id,
            Task {
                work,
                polls: 0,
                spawned_by,
                ignored_wakes: 0,
                woken: true,
                priority,
                waker,
            },
        );
        self.woken.push_back(id);
        id
    }

    pub(super) fn get(&self, id: TaskId) -> Option<&Task> {
        self.all.get(&id)
    }

    pub(super) fn is_root(&self, id: TaskId) -> bool {
        self.get(id).is_some_and(|task| matches!(task.work, Work::Root))
    }

    pub(super) fn get_mut(&mut self, id: TaskId) -> Option<&mut Task> {
        self.all.get_mut(&id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (TaskId, &Task)> {
        self.all.iter().map(|(id, task)| (*id, task))
    }

    pub(super) fn wake(&mut self, id: TaskId) -> bool {
        match self.all.get_mut(&id) {
            Some(task) if !task.woken => {
                task.woken = true;
                self.woken.push_back(id);
                true
            }
            _ => false,
        }
    }

    /// The tasks that were woken and not polled since, in the order of their wakes.
    pub(super) fn woken(&self) -> &VecDeque<TaskId> {
        &self.woken
    }

    pub(super) fn take_woken(&mut self, position: usize) -> Option<TaskId> {
        let id = self.woken.remove(position)?;
        if let Some(task) = self.all.get_mut(&id) {
            task.woken = false;
        }
        Some(id)
    }

    /// The futures that were not woken since they were last polled.
    pub(super) fn waiting(&self) -> impl Iterator<Item = TaskId> {
        let waits = |task: &Task| !task.woken && matches!(task.work, Work::Root | Work::Future(Some(_)));
        self.all.iter().filter(move |(_, task)| waits(task)).map(|(id, _)| *id)
    }

    pub(super) fn remove(&mut self, id: TaskId) -> Option<Task> {
        let task = self.all.remove(&id)?;
        if task.woken {
            self.woken.retain(|woken| *woken != id);
        }
        Some(task)
    }

    /// Removes all tasks but the root, which belongs to the `block_on` that polls it.
    pub(super) fn remove_spawned(&mut self) -> Vec<Task> {
        let spawned: Vec<TaskId> = self
            .iter()
            .filter(|(_, task)| !matches!(task.work, Work::Root))
            .map(|(id, _)| id)
            .collect();
        spawned.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    pub(super) fn priority(&self, id: TaskId) -> u32 {
        self.all.get(&id).map_or(0, |task| task.priority)
    }

    pub(super) fn set_priority(&mut self, id: TaskId, priority: u32) {
        if let Some(task) = self.all.get_mut(&id) {
            task.priority = priority;
        }
    }
}
