use super::entry::Entry;
use crate::tree::info::TaskId;

/// Where a task is recorded in its scope: a place in the scope's list, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seat(pub(crate) u32);

impl Seat {
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
    free: u32,
    live: usize,
}

enum Place {
    Taken(Entry),
    /// The next free place, if there is one.
    Free(u32),
}

impl Slab {
    /// `None` where there are more tasks than can be counted.
    pub(super) fn add(&mut self, mut entry: Entry) -> Seat {
        if let Some(index) = Seat(self.free).index() {
            let seat = Seat(self.free);
            entry.seat = seat;
            if let Place::Free(next) = std::mem::replace(&mut self.places[index], Place::Taken(entry)) {
                self.free = next;
            }
            self.live += 1;
            return seat;
        }
        let Ok(seat) = u32::try_from(self.places.len() + 1) else {
            return Seat::NONE;
        };
        entry.seat = Seat(seat);
        self.places.push(Place::Taken(entry));
        self.live += 1;
        Seat(seat)
    }

    /// A seat may have been left and taken by another task since.
    pub(super) fn get(&mut self, seat: Seat, id: TaskId) -> Option<&mut Entry> {
        match self.places.get_mut(seat.index()?) {
            Some(Place::Taken(entry)) if entry.id == id => Some(entry),
            _ => None,
        }
    }

    pub(super) fn remove(&mut self, seat: Seat, id: TaskId) -> Option<Entry> {
        self.get(seat, id)?;
        let free = std::mem::replace(&mut self.free, seat.0);
        self.live -= 1;
        match std::mem::replace(&mut self.places[seat.index()?], Place::Free(free)) {
            Place::Taken(entry) => Some(entry),
            Place::Free(_) => None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.live
    }

    /// The tasks in some of the places, and whether there are places after them.
    pub(super) fn some(&self, from: usize, n: usize) -> (impl Iterator<Item = &Entry>, bool) {
        let to = self.places.len().min(from + n);
        let places = self.places.get(from..to).unwrap_or_default();
        let taken = places.iter().filter_map(|place| match place {
            Place::Taken(entry) => Some(entry),
            Place::Free(_) => None,
        });
        (taken, to < self.places.len())
    }
}
