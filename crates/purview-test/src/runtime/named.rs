//! Futures inside the tasks of the runtime that are known to it by the name of the scope's child they belong to.

use std::{collections::BTreeMap, sync::Arc};

use purview_core::current;

use super::{VirtualRuntime, shared::Shared};

#[derive(Debug, Default)]
pub(super) struct NamedFutures {
    all: BTreeMap<u64, (String, u64)>,
    made: u64,
}

impl NamedFutures {
    /// Their names, and how often they were polled, in the order in which they began.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(String, u64)> {
        self.all.values()
    }
}

/// The entry of one future, until it is dropped.
#[derive(Debug)]
pub(crate) struct Entry {
    shared: Arc<Shared>,
    number: u64,
}

impl VirtualRuntime {
    /// Knows the future that is being polled by the name of the innermost task around it.
    pub(crate) fn enter_name(&self) -> Entry {
        let name = current().map_or_else(|| "outside any scope".to_owned(), |task| task.name().to_owned());
        let mut state = self.shared.lock();
        let number = state.named.made;
        state.named.made += 1;
        state.named.all.insert(number, (name, 0));
        Entry {
            shared: Arc::clone(&self.shared),
            number,
        }
    }
}

impl Entry {
    pub(crate) fn count_poll(&self) {
        if let Some((_, polls)) = self.shared.lock().named.all.get_mut(&self.number) {
            *polls += 1;
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.shared.lock().named.all.remove(&self.number);
    }
}
