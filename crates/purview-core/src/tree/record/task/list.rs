use std::{collections::HashMap, sync::Arc};

use super::task_record::TaskRecord;
use crate::tree::info::TaskId;

/// The live tasks of a scope. A place that was left is taken again, so that it does not grow with those that have ended.
#[derive(Default)]
pub(in crate::tree::record) struct Tasks {
    places: Vec<Place>,
    /// The first free place, counted from 1; each of these knows the next.
    free: u32,
    live: usize,
    /// The places of all tasks, once one is looked for.
    by_id: Option<HashMap<TaskId, u32>>,
}

enum Place {
    Taken(Arc<TaskRecord>),
    Free(u32),
}

impl Tasks {
    /// `None` where there are more tasks than can be counted.
    pub(in crate::tree::record) fn add(
        &mut self,
        id: TaskId,
        make: impl FnOnce(u32) -> Arc<TaskRecord>,
    ) -> Option<Arc<TaskRecord>> {
        let place = match self.free.checked_sub(1) {
            Some(free) => free,
            None => u32::try_from(self.places.len()).ok().filter(|last| *last < u32::MAX)?,
        };
        let record = make(place);
        let taken = Place::Taken(record.clone());
        match self.places.get_mut(place as usize) {
            Some(free) => {
                if let Place::Free(next) = std::mem::replace(free, taken) {
                    self.free = next;
                }
            }
            None => self.places.push(taken),
        }
        self.live += 1;
        if let Some(by_id) = &mut self.by_id {
            by_id.insert(id, place);
        }
        Some(record)
    }

    /// What is recorded of a task, if anything is.
    pub(in crate::tree::record) fn find(&mut self, id: TaskId) -> Option<Arc<TaskRecord>> {
        let places = &self.places;
        let by_id = self.by_id.get_or_insert_with(|| {
            let live = places.iter().filter_map(Place::taken);
            live.map(|record| (record.id, record.place)).collect()
        });
        places.get(*by_id.get(&id)? as usize)?.taken().cloned()
    }

    /// Gives what is to be dropped outside of the lock; nothing if the task has been removed before.
    pub(in crate::tree::record) fn remove(&mut self, record: &TaskRecord) -> Option<Arc<TaskRecord>> {
        let place = self.places.get_mut(record.place as usize)?;
        if place.taken()?.id != record.id {
            return None;
        }
        let Place::Taken(removed) = std::mem::replace(place, Place::Free(self.free)) else {
            return None;
        };
        removed.note_ended();
        self.free = record.place + 1;
        self.live -= 1;
        if let Some(by_id) = &mut self.by_id {
            by_id.remove(&record.id);
        }
        Some(removed)
    }

    pub(in crate::tree::record) fn len(&self) -> usize {
        self.live
    }

    /// The tasks in some of the places; and whether there are places after them.
    pub(in crate::tree::record) fn some(&self, from: usize, n: usize) -> (Vec<Arc<TaskRecord>>, bool) {
        let to = self.places.len().min(from + n);
        let places = self.places.get(from..to).unwrap_or_default();
        let some = places.iter().filter_map(Place::taken).cloned();
        (some.collect(), to < self.places.len())
    }
}

impl Place {
    fn taken(&self) -> Option<&Arc<TaskRecord>> {
        match self {
            Self::Taken(record) => Some(record),
            Self::Free(_) => None,
        }
    }
}
