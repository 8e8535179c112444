use std::collections::HashMap;

use super::entry::{Entry, Rare};
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
    /// The first free place; each of these knows the next.
    free: u32,
    live: usize,
    /// The seats of all tasks, once one is looked for.
    seats: Option<HashMap<TaskId, Seat>>,
}

struct Place {
    entry: Entry,
    next_free: u32,
}

/// What is left of a task that has ended.
pub(crate) struct Left(pub(crate) Option<Box<Rare>>);

impl Slab {
    /// [`Seat::NONE`] where there are more tasks than can be counted.
    pub(super) fn add(&mut self, entry: Entry) -> Seat {
        let id = entry.id;
        let seat = if let Some(index) = Seat(self.free).index() {
            let place = &mut self.places[index];
            place.entry = entry;
            Seat(std::mem::replace(&mut self.free, place.next_free))
        } else {
            let Ok(seat) = u32::try_from(self.places.len() + 1) else {
                return Seat::NONE;
            };
            self.places.push(Place { entry, next_free: 0 });
            Seat(seat)
        };
        self.live += 1;
        if let Some(seats) = &mut self.seats {
            seats.insert(id, seat);
        }
        seat
    }

    /// Where a task is recorded, if it is.
    pub(super) fn seat_of(&mut self, id: TaskId) -> Seat {
        let places = &self.places;
        let seats = self.seats.get_or_insert_with(|| {
            let places = (1..).zip(places).map(|(seat, place)| (place.entry.id, Seat(seat)));
            places.filter(|(id, _)| *id != TaskId::NONE).collect()
        });
        seats.get(&id).copied().unwrap_or(Seat::NONE)
    }

    /// A seat may have been left and taken by another task since.
    pub(super) fn get(&mut self, seat: Seat, id: TaskId) -> Option<&mut Entry> {
        let entry = &mut self.places.get_mut(seat.index()?)?.entry;
        (entry.id == id).then_some(entry)
    }

    /// Gives what is to be dropped outside of the lock.
    pub(super) fn remove(&mut self, seat: Seat, id: TaskId) -> Option<Left> {
        let place = self.places.get_mut(seat.index()?)?;
        let entry = &mut place.entry;
        if entry.id != id {
            return None;
        }
        entry.id = TaskId::NONE;
        place.next_free = std::mem::replace(&mut self.free, seat.0);
        self.live -= 1;
        if let Some(seats) = &mut self.seats {
            seats.remove(&id);
        }
        Some(Left(entry.rare.take()))
    }

    pub(super) fn len(&self) -> usize {
        self.live
    }

    /// The tasks in some of the places, with their seats; and whether there are places after them.
    pub(super) fn some(&self, from: usize, n: usize) -> (impl Iterator<Item = (Seat, &Entry)>, bool) {
        let to = self.places.len().min(from + n);
        let places = self.places.get(from..to).unwrap_or_default();
        let seats = (from..to).map(|index| Seat(u32::try_from(index + 1).unwrap_or(0)));
        let all = seats.zip(places.iter().map(|place| &place.entry));
        (
            all.filter(|(_, entry)| entry.id != TaskId::NONE),
            to < self.places.len(),
        )
    }
}
