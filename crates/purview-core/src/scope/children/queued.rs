//! Children that wait for their turn, of which one that is cancelled alone is taken out wherever it stands.

use std::collections::{BTreeMap, VecDeque};

use crate::tree::TaskId;

/// Children in the order of their turns.
///
/// Each has a number, its position among all that have ever been put in. One that is taken out leaves its place empty, so
/// that the numbers of the others stand; the empty places are removed when they are more than half. Which number a child
/// has is looked up in an index, which is made when it is first asked for. So what is taken out costs the same however many
/// wait, and where nothing is taken out nothing is paid for that.
pub(super) struct Queued<C> {
    /// The first one is never empty.
    children: VecDeque<Option<C>>,
    /// The number of the first one.
    first: u64,
    empty: usize,
    /// The numbers of those that are below `indexed`, and of some that have left since.
    index: BTreeMap<TaskId, u64>,
    indexed: u64,
}

impl<C> Queued<C> {
    pub(super) const fn new() -> Self {
        Self {
            children: VecDeque::new(),
            first: 0,
            empty: 0,
            index: BTreeMap::new(),
            indexed: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    pub(super) fn push_back(&mut self, child: C) {
        self.children.push_back(Some(child));
    }

    pub(super) fn append(&mut self, children: &mut VecDeque<C>) {
        self.children.extend(children.drain(..).map(Some));
    }

    pub(super) fn pop_front(&mut self) -> Option<C> {
        let child = self.children.pop_front()??;
        self.first += 1;
        self.skip_empty();
        Some(child)
    }

    /// Takes out all of them, in their order.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = C> + use<C> {
        let children = std::mem::take(&mut self.children);
        self.first += children.len() as u64;
        self.empty = 0;
        self.index = BTreeMap::new();
        children.into_iter().flatten()
    }

    /// The number of the child with this id, if it waits here.
    pub(super) fn number(&mut self, id: TaskId, id_of: impl Fn(&C) -> TaskId) -> Option<u64> {
        if self.is_empty() {
            self.index = BTreeMap::new();
            return None;
        }
        // Mostly of those that have left: made anew.
        if self.index.len() > 2 * self.children.len() + 32 {
            self.index.clear();
            self.indexed = 0;
        }
        let from = self.indexed.max(self.first);
        let unknown = usize::try_from(from - self.first).unwrap_or(usize::MAX);
        for (number, child) in (from..).zip(self.children.range(unknown..)) {
            if let Some(child) = child {
                self.index.insert(id_of(child), number);
            }
        }
        self.indexed = self.first + self.children.len() as u64;
        let number = *self.index.get(&id)?;
        self.get(number).map(|_| number)
    }

    pub(super) fn get(&self, number: u64) -> Option<&C> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.children.get(at)?.as_ref()
    }

    pub(super) fn take_out(&mut self, number: u64) -> Option<C> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let child = self.children.get_mut(at)?.take()?;
        self.empty += 1;
        self.skip_empty();
        Some(child)
    }

    /// Removes the empty places if they are more than half, and counts from 0 again: gives whether it did.
    #[must_use]
    pub(super) fn sweep(&mut self) -> bool {
        if self.empty <= self.children.len() / 2 {
            return false;
        }
        self.children.retain(Option::is_some);
        self.empty = 0;
        self.first = 0;
        self.index.clear();
        self.indexed = 0;
        true
    }

    fn skip_empty(&mut self) {
        while let Some(None) = self.children.front() {
            self.children.pop_front();
            self.first += 1;
            self.empty -= 1;
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::{cell::Cell, iter::repeat_with};

    use super::Queued;
    use crate::tree::TaskId;

    const MANY: usize = 10_000;

    fn filled() -> (Queued<TaskId>, Vec<TaskId>) {
        let ids: Vec<_> = repeat_with(TaskId::next).take(MANY).collect();
        let mut queued = Queued::new();
        for id in &ids {
            queued.push_back(*id);
        }
        (queued, ids)
    }

    /// One look at each child, and one more in each sweep, whose number the length of the list bounds.
    #[test]
    fn those_that_are_taken_out_one_by_one_are_looked_at_a_few_times_each() {
        let (mut queued, ids) = filled();
        let looks = Cell::new(0);
        let id_of = |id: &TaskId| {
            looks.set(looks.get() + 1);
            *id
        };
        // The newest first, which is the last that a walk from the front would come to.
        for id in ids.iter().rev() {
            let number = queued.number(*id, id_of).expect("it waits");
            assert_eq!(queued.take_out(number), Some(*id));
            let _ = queued.sweep();
        }
        assert!(queued.is_empty());
        assert!(looks.get() < 3 * MANY, "{} looks at {MANY}", looks.get());
    }

    #[test]
    fn those_that_come_and_leave_meanwhile_are_looked_at_a_few_times_each() {
        let (mut queued, _) = filled();
        let looks = Cell::new(0);
        let id_of = |id: &TaskId| {
            looks.set(looks.get() + 1);
            *id
        };
        for _ in 0..MANY {
            let (leaves, next) = (TaskId::next(), TaskId::next());
            queued.push_back(leaves);
            queued.push_back(next);
            assert!(queued.pop_front().is_some());
            let number = queued.number(leaves, id_of).expect("it waits");
            assert_eq!(queued.take_out(number), Some(leaves));
            let _ = queued.sweep();
        }
        assert!(looks.get() < 6 * MANY, "{} looks at {MANY}", looks.get());
        assert!(queued.children.len() <= 2 * MANY + 1 && queued.index.len() <= 5 * MANY);
    }

    #[test]
    fn the_others_keep_their_order_and_their_numbers_until_the_sweep() {
        let (mut queued, ids) = filled();
        let number = |queued: &mut Queued<_>, at: usize| queued.number(ids[at], |id| *id);
        assert_eq!(queued.pop_front(), Some(ids[0]));
        assert_eq!(number(&mut queued, 0), None);
        assert_eq!(number(&mut queued, 2), Some(2));
        assert_eq!((queued.take_out(2), queued.take_out(2)), (Some(ids[2]), None));
        assert_eq!(queued.take_out(1), Some(ids[1]));
        assert_eq!(number(&mut queued, 4), Some(4));
        assert!(!queued.sweep(), "none is left empty");
        assert!((5..MANY as u64).all(|number| queued.take_out(number).is_some()));
        assert!(queued.sweep());
        assert_eq!((number(&mut queued, 3), number(&mut queued, 4)), (Some(0), Some(1)));
        assert_eq!(queued.take_all().collect::<Vec<_>>(), ids[3..5]);
        queued.push_back(TaskId::NONE);
        assert_eq!(queued.number(TaskId::NONE, |id| *id), Some(2));
    }
}
