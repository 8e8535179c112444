use std::{
    any::Any,
    panic::Location,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
};

use super::{
    how::Kind,
    observer::ScopeId,
    recorder::Recorder,
    registry::Listed,
    task::{Rare, TaskRecord, Tasks},
};
use crate::tree::info::TaskId;

/// What is recorded of one live scope or gather, in its own node.
pub(crate) struct ScopeRecord {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) id: ScopeId,
    pub(crate) opened: u64,
    listed: Mutex<Option<Listed>>,
    tasks: Mutex<Tasks>,
    /// It was told to stop, or its shutdown began; 0 before.
    pub(crate) told: AtomicU64,
    /// The present grace ends then; 0 where it does not.
    pub(crate) grace_until: AtomicU64,
    /// Its children start at a rate.
    pub(crate) has_rate: AtomicBool,
    /// Of a gather: how many futures have ended.
    pub(crate) done: AtomicUsize,
    /// Of a gather: of how many, plus one; 0 where that is not known.
    pub(crate) total: AtomicUsize,
    /// How long ago its being held up was reported.
    pub(crate) reported: AtomicU64,
}

impl ScopeRecord {
    pub(crate) fn new(recorder: Arc<Recorder>, scope: Weak<dyn Any + Send + Sync>) -> Arc<Self> {
        let listed = recorder.list(scope);
        Arc::new(Self {
            id: recorder.next_scope(),
            opened: recorder.opens(),
            listed: Mutex::new(Some(listed)),
            tasks: Mutex::default(),
            told: AtomicU64::new(0),
            grace_until: AtomicU64::new(0),
            has_rate: AtomicBool::new(false),
            done: AtomicUsize::new(0),
            total: AtomicUsize::new(0),
            reported: AtomicU64::new(0),
            recorder,
        })
    }

    /// The scope has ended. Gives whether that is new.
    pub(crate) fn close(&self) -> bool {
        let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(listed) = &listed {
            self.recorder.unlist(listed);
        }
        listed.is_some()
    }

    /// A task is recorded from now on; `None` where there are more than can be counted.
    pub(crate) fn add(
        &self,
        id: TaskId,
        kind: Kind,
        number: u64,
        at: Option<&'static Location<'static>>,
        rare: Option<Box<Rare>>,
    ) -> Option<Arc<TaskRecord>> {
        let recorder = &self.recorder;
        let make = |place| Arc::new(TaskRecord::new(id, kind, number, at, rare, place, recorder));
        self.lock().add(id, make)
    }

    /// The task has ended, or was never in the scope. Gives whether that is new.
    pub(crate) fn remove(&self, task: &TaskRecord) -> bool {
        let removed = self.lock().remove(task);
        removed.is_some()
    }

    /// What is recorded of a task that is known by its number alone.
    pub(crate) fn find(&self, id: TaskId) -> Option<Arc<TaskRecord>> {
        self.lock().find(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// The tasks in at most `n` places; and whether there are more places after `from`, which is moved on.
    pub(crate) fn some(&self, from: &mut usize, n: usize) -> (Vec<Arc<TaskRecord>>, bool) {
        let some = self.lock().some(*from, n);
        *from += n;
        some
    }

    /// Whether it was told to stop.
    pub(crate) fn is_told(&self) -> bool {
        self.told.load(Ordering::Relaxed) != 0
    }

    pub(crate) fn note_told(&self) -> bool {
        let now = self.recorder.now();
        self.told
            .compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    fn lock(&self) -> MutexGuard<'_, Tasks> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ScopeRecord {
    fn drop(&mut self) {
        self.close();
    }
}
