use std::{mem, sync::Arc};

use super::node::Cancellable;

/// Where a node is registered.
pub(super) struct Parent {
    pub(super) node: Arc<dyn Cancellable>,
    pub(super) key: u64,
}

/// Where a node is registered, in all. Nearly every node has one parent, which costs no allocation.
#[derive(Default)]
pub(super) struct Parents {
    first: Option<Parent>,
    more: Vec<Parent>,
}

impl Parents {
    pub(super) fn push(&mut self, parent: Parent) {
        match &mut self.first {
            none @ None => *none = Some(parent),
            Some(_) => self.more.push(parent),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Parent> {
        self.first.iter().chain(&self.more)
    }

    pub(super) fn remove(&mut self, is_meant: impl Fn(&Parent) -> bool) -> Option<Parent> {
        if let Some(first) = self.first.take_if(|first| is_meant(first)) {
            return Some(first);
        }
        let at = self.more.iter().position(is_meant)?;
        Some(self.more.swap_remove(at))
    }

    /// Takes the only one, if it is one and this is so.
    pub(super) fn take_only(&mut self, is_so: impl Fn(&Parent) -> bool) -> Option<Parent> {
        let first = &mut self.first;
        let is_only = self.more.is_empty();
        first.take_if(|first| is_only && is_so(first))
    }

    pub(super) fn take(&mut self) -> Self {
        mem::take(self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none() && self.more.is_empty()
    }
}

impl IntoIterator for Parents {
    type Item = Parent;
    type IntoIter = std::iter::Chain<std::option::IntoIter<Parent>, std::vec::IntoIter<Parent>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.more)
    }
}
