use std::{
    any::Any,
    cell::Cell,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The live scopes, in several lists, so that threads do not wait for each other. Their type is forgotten, because their
/// nodes are made of what is defined here.
#[derive(Default)]
pub(super) struct Registry {
    lists: [Mutex<List>; LISTS],
}

const LISTS: usize = 16;

#[derive(Default)]
struct List {
    places: Vec<Place>,
    free: Option<usize>,
}

enum Place {
    Taken(Weak<dyn Any + Send + Sync>),
    Free(Option<usize>),
}

/// Where a scope is listed.
pub(super) struct Listed {
    list: usize,
    place: usize,
}

impl Registry {
    pub(super) fn add(&self, scope: Weak<dyn Any + Send + Sync>) -> Listed {
        let number = list_of_this_thread();
        let mut list = self.lock(number);
        let place = if let Some(place) = list.free {
            if let Place::Free(next) = std::mem::replace(&mut list.places[place], Place::Taken(scope)) {
                list.free = next;
            }
            place
        } else {
            list.places.push(Place::Taken(scope));
            list.places.len() - 1
        };
        Listed { list: number, place }
    }

    pub(super) fn remove(&self, listed: &Listed) {
        let removed = {
            let mut list = self.lock(listed.list);
            let free = list.free.replace(listed.place);
            std::mem::replace(&mut list.places[listed.place], Place::Free(free))
        };
        drop(removed);
    }

    /// Those that have not been dropped.
    pub(super) fn all(&self) -> Vec<Arc<dyn Any + Send + Sync>> {
        let mut all = Vec::new();
        for number in 0..LISTS {
            all.extend(self.lock(number).places.iter().filter_map(|place| match place {
                Place::Taken(scope) => scope.upgrade(),
                Place::Free(_) => None,
            }));
        }
        all
    }

    fn lock(&self, number: usize) -> MutexGuard<'_, List> {
        self.lists[number].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn list_of_this_thread() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static LIST: Cell<Option<usize>> = const { Cell::new(None) };
    }
    let next = || THREADS.fetch_add(1, Ordering::Relaxed) % LISTS;
    // A thread that is being torn down has no thread-locals any more.
    LIST.try_with(|list| {
        let number = list.get().unwrap_or_else(next);
        list.set(Some(number));
        number
    })
    .unwrap_or(0)
}
