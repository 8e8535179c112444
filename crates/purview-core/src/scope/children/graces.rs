use std::{collections::BTreeMap, sync::Arc};

use crate::{
    scope::sweep::Sweep,
    time::Instant,
    tree::{Grace, TaskNode},
};

/// Tasks that were cancelled alone and hold, by when their present grace ends: so that a look at what is due costs the same
/// however many there are.
pub(super) struct Graces {
    tasks: BTreeMap<(Instant, u64), (Grace, Arc<TaskNode>)>,
    added: u64,
    sweep: Sweep,
}

impl Graces {
    pub(super) const fn new() -> Self {
        Self {
            tasks: BTreeMap::new(),
            added: 0,
            sweep: Sweep::new(),
        }
    }

    pub(super) fn add(&mut self, until: Instant, grace: Grace, task: Arc<TaskNode>) {
        let tasks = &mut self.tasks;
        self.sweep.if_due(tasks.len(), || {
            tasks.retain(|_, (_, task)| !task.is_ended());
            tasks.len()
        });
        self.added += 1;
        self.tasks.insert((until, self.added), (grace, task));
    }

    /// When the next grace ends.
    pub(super) fn next(&self) -> Option<Instant> {
        self.tasks.first_key_value().map(|((until, _), _)| *until)
    }

    /// Takes out one whose grace is over. Those that have ended meanwhile are forgotten.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<(Instant, Grace, Arc<TaskNode>)> {
        while let Some(first) = self.tasks.first_entry() {
            let ((until, _), (_, task)) = (*first.key(), first.get());
            let has_ended = task.is_ended();
            if !has_ended && until > now {
                return None;
            }
            let (grace, task) = first.remove();
            if !has_ended {
                return Some((until, grace, task));
            }
        }
        None
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }
}
