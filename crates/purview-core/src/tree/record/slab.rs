use std::collections::HashMap;

use super::entry::{Entry, Rare};
use crate::tree::info::TaskId;

/// Where a task is recorded in its scope: a place in the scope's list, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordKey(pub(crate) u32);

impl RecordKey {
    /// It is not recorded.
    pub(crate) const NONE: Self = Self(0);

    fn index(self) -> Option<usize> {
        (self.0 as usize).checked_sub(1)
    }
}

/// The live tasks of a scope. A place that was left is taken again, so that it does not grow with those that have ended.
#[derive(Default)]
pub(super) struct Slab {
    places: Vec<Place>,
    /// The first free place; each of these knows the next.
    free: u32,
    live: usize,
    /// The keys of all tasks, once one is looked for.
    keys: Option<HashMap<TaskId, RecordKey>>,
}

struct Place {
    entry: Entry,
    next_free: u32,
}

/// What is left of a task that has ended.
pub(crate) struct Left(pub(crate) Option<Box<Rare>>);

impl Slab {
    /// [`RecordKey::NONE`] where there are more tasks than can be counted.
    pub(super) fn add(&mut self, entry: Entry) -> RecordKey {
        let id = entry.id;
        let key = if let Some(index) = RecordKey(self.free).index() {
            let place = &mut self.places[index];
            place.entry = entry;
            RecordKey(std::mem::replace(&mut self.free, place.next_free))
        } else {
            let Ok(key) = u32::try_from(self.places.len() + 1) else {
                return RecordKey::NONE;
            };
            self.places.push(Place { entry, next_free: 0 });
            RecordKey(key)
        };
        self.live += 1;
        if let Some(keys) = &mut self.keys {
            keys.insert(id, key);
        }
        key
    }

    /// Where a task is recorded, if it is.
    pub(super) fn key_of(&mut self, id: TaskId) -> RecordKey {
        let places = &self.places;
        let keys = self.keys.get_or_insert_with(|| {
            let places = (1..).zip(places).map(|(key, place)| (place.entry.id, RecordKey(key)));
            places.filter(|(id, _)| *id != TaskId::NONE).collect()
        });
        keys.get(&id).copied().unwrap_or(RecordKey::NONE)
    }

    /// A key may have been left and taken by another task since.
    pub(super) fn get(&mut self, key: RecordKey, id: TaskId) -> Option<&mut Entry> {
        let entry = &mut self.places.get_mut(key.index()?)?.entry;
        (entry.id == id).then_some(entry)
    }

    /// Gives what is to be dropped outside of the lock.
    pub(super) fn remove(&mut self, key: RecordKey, id: TaskId) -> Option<Left> {
        let place = self.places.get_mut(key.index()?)?;
        let entry = &mut place.entry;
        if entry.id != id {
            return None;
        }
        entry.id = TaskId::NONE;
        place.next_free = std::mem::replace(&mut self.free, key.0);
        self.live -= 1;
        if let Some(keys) = &mut self.keys {
            keys.remove(&id);
        }
        Some(Left(entry.rare.take()))
    }

    pub(super) fn len(&self) -> usize {
        self.live
    }

    /// The tasks in some of the places, with their keys; and whether there are places after them.
    pub(super) fn some(&self, from: usize, n: usize) -> (impl Iterator<Item = (RecordKey, &Entry)>, bool) {
        let to = self.places.len().min(from + n);
        let places = self.places.get(from..to).unwrap_or_default();
        let keys = (from..to).map(|index| RecordKey(u32::try_from(index + 1).unwrap_or(0)));
        let all = keys.zip(places.iter().map(|place| &place.entry));
        (
            all.filter(|(_, entry)| entry.id != TaskId::NONE),
            to < self.places.len(),
        )
    }
}
