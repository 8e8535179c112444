use std::sync::Weak;

use super::node::{Cancellable, Told};

/// The nodes below one, in the order in which they were adopted.
///
/// An entry is kept when its node has been told, so that it can be told again; it is removed with its node.
#[derive(Default)]
pub(super) struct Below {
    entries: Vec<Entry>,
    last_key: u64,
    /// How many entries have been emptied.
    empty: usize,
}

struct Entry {
    key: u64,
    /// `None` once it was removed.
    node: Option<(Weak<dyn Cancellable>, Told)>,
}

impl Below {
    pub(super) fn add(&mut self, node: Weak<dyn Cancellable>, told: Told) -> u64 {
        self.last_key += 1;
        self.entries.push(Entry {
            key: self.last_key,
            node: Some((node, told)),
        });
        self.last_key
    }

    /// Gives what is to be dropped outside the lock.
    #[must_use]
    pub(super) fn remove(&mut self, key: u64) -> Option<Weak<dyn Cancellable>> {
        let at = self.find(key)?;
        let removed = self.entries[at].node.take()?;
        self.empty += 1;
        if self.empty > self.entries.len() / 2 {
            self.entries.retain(|entry| entry.node.is_some());
            self.empty = 0;
        }
        Some(removed.0)
    }

    fn find(&self, key: u64) -> Option<usize> {
        // Where none in front of it was removed from the list.
        let first = self.entries.first()?.key;
        let at = usize::try_from(key.checked_sub(first)?).ok()?;
        if self.entries.get(at).is_some_and(|entry| entry.key == key) {
            return Some(at);
        }
        self.entries.binary_search_by_key(&key, |entry| entry.key).ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &(Weak<dyn Cancellable>, Told)> {
        self.entries.iter().filter_map(|entry| entry.node.as_ref())
    }
}
