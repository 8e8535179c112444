use std::{
    collections::{BTreeMap, VecDeque},
    num::NonZeroUsize,
    sync::{Arc, PoisonError},
    task::{Context, Waker},
};

use super::{kind::Kind, shared::Shared};
use crate::{
    panic::no_second_panic,
    policy::Policy,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    wake::part,
};

/// Hands out the places of a scope with a limit, first come first served, to spawned children and to waiting permits.
///
/// A child's turn has no name: it is that of the first of the children that the engine has waiting. There are always as
/// many turns, waiting or granted, as there are such children and children on their way to the engine. So both count
/// alike, and the turn of a child that is dropped is found by the child's number among those that the engine had waiting.
pub(crate) struct Limiter(Mutex<Places>);

struct Places {
    free: usize,
    /// Places that are waiting children's, which the engine has yet to start.
    granted: usize,
    next_turn: u64,
    queue: Option<Box<Turns>>,
}

/// What waits for a place; made when something does.
#[derive(Default)]
struct Turns {
    /// The turns of children; [`DROPPED`] where the child was dropped, but never in front.
    children: VecDeque<u64>,
    /// The number of the child that the first of these is for.
    first: u64,
    permits: BTreeMap<u64, Arc<PermitWait>>,
}

const DROPPED: u64 = 0;

impl Turns {
    fn is_empty(&self) -> bool {
        self.children.is_empty() && self.permits.is_empty()
    }

    /// Takes out the first of the children's turns.
    fn pop_child(&mut self) {
        self.children.pop_front();
        self.first += 1;
        self.skip_dropped();
    }

    /// Gives whether the child of this number was waiting: else it has been given a place.
    fn drop_child(&mut self, number: u64) -> bool {
        let at = number.checked_sub(self.first).and_then(|at| usize::try_from(at).ok());
        let Some(turn) = at.and_then(|at| self.children.get_mut(at)) else {
            return false;
        };
        *turn = DROPPED;
        self.skip_dropped();
        true
    }

    fn skip_dropped(&mut self) {
        while self.children.front() == Some(&DROPPED) {
            self.children.pop_front();
            self.first += 1;
        }
    }
}

/// A wait for a permit.
#[derive(Default)]
pub(crate) struct PermitWait {
    turn: u64,
    granted: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl PermitWait {
    pub(super) fn is_granted(&self) -> bool {
        self.granted.load(Ordering::Acquire)
    }

    pub(super) fn set_waker(&self, cx: &Context<'_>) {
        let waker = cx.waker().clone();
        let old = self.lock().replace(waker);
        drop(old);
    }

    pub(super) fn take_waker(&self) -> Option<Waker> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn take(&mut self) -> bool {
        let free = self.free > 0 && self.queue.as_ref().is_none_or(|queue| queue.is_empty());
        if free {
            self.free -= 1;
        }
        free
    }

    fn queue(&mut self) -> &mut Turns {
        self.queue.get_or_insert_default()
    }

    fn next_turn(&mut self) -> u64 {
        self.next_turn += 1;
        self.next_turn
    }
}

impl Limiter {
    pub(super) fn new(limit: NonZeroUsize) -> Self {
        Self(Mutex::new(Places {
            free: limit.get(),
            granted: 0,
            next_turn: DROPPED,
            queue: None,
        }))
    }

    /// A place now, if nothing waits for one.
    pub(super) fn try_take(&self) -> bool {
        self.lock().take()
    }

    /// A place now, or the next one for a child.
    pub(super) fn take_or_queue(&self) -> bool {
        let mut places = self.lock();
        let taken = places.take();
        if !taken {
            let turn = places.next_turn();
            places.queue().children.push_back(turn);
        }
        taken
    }

    pub(super) fn wait(&self) -> Arc<PermitWait> {
        let mut places = self.lock();
        if places.take() {
            return Arc::new(PermitWait {
                granted: AtomicBool::new(true),
                ..PermitWait::default()
            });
        }
        let turn = places.next_turn();
        let wait = Arc::new(PermitWait {
            turn,
            ..PermitWait::default()
        });
        places.queue().permits.insert(turn, wait.clone());
        wait
    }

    /// Wakers of waits for a permit that have been given no place.
    pub(super) fn waiting_permits(&self) -> Vec<Waker> {
        let waits: Vec<_> = {
            let places = self.lock();
            let queue = places.queue.iter();
            queue.flat_map(|queue| queue.permits.values().cloned()).collect()
        };
        waits.iter().filter_map(|wait| wait.take_waker()).collect()
    }

    /// A wait is given up; gives whether it had been given a place, which is then to be given back.
    pub(super) fn forget(&self, wait: &PermitWait) -> bool {
        let removed = {
            let mut places = self.lock();
            places.queue.as_mut().and_then(|queue| queue.permits.remove(&wait.turn))
        };
        drop(removed);
        wait.is_granted()
    }

    /// Children are dropped that had these numbers among those that the engine has had waiting; gives how many of them had
    /// been given a place, which is then to be given back.
    #[must_use]
    pub(super) fn forget_children(&self, numbers: &[u64]) -> usize {
        let mut places = self.lock();
        let dropped = numbers
            .iter()
            .filter(|number| places.queue().drop_child(**number))
            .count();
        let had = places.granted.min(numbers.len() - dropped);
        places.granted -= had;
        had
    }

    /// The engine has removed the empty places of those that were dropped, and counts from 0 again.
    pub(super) fn sweep(&self) {
        let mut places = self.lock();
        let granted = places.granted as u64;
        let queue = places.queue();
        queue.children.retain(|turn| *turn != DROPPED);
        queue.first = granted;
    }

    /// A child is dropped that did not get as far as the engine; gives whether a place is to be given back for it.
    #[must_use]
    pub(super) fn forget_newest_child(&self) -> bool {
        let mut places = self.lock();
        // The newest is one that the engine has not seen, and so has not dropped.
        if places.queue().children.pop_back().is_some() {
            return false;
        }
        let granted = places.granted > 0;
        places.granted -= usize::from(granted);
        places.queue().first -= u64::from(granted);
        granted
    }

    /// Gives a place back; a permit is to be woken, and if the place is a child's the engine is to be told.
    #[must_use]
    pub(super) fn give_back(&self) -> Freed {
        let mut places = self.lock();
        let Some(queue) = &mut places.queue else {
            places.free += 1;
            return Freed::Free;
        };
        let child = queue.children.front().copied();
        let permit = queue.permits.first_key_value().map(|(turn, _)| *turn);
        match (child, permit) {
            (None, None) => {
                places.free += 1;
                Freed::Free
            }
            (Some(child), permit) if permit.is_none_or(|permit| child < permit) => {
                queue.pop_child();
                places.granted += 1;
                Freed::Child
            }
            _ => {
                let (_, wait) = queue.permits.pop_first().expect("it is next");
                wait.granted.store(true, Ordering::Release);
                Freed::Permit(wait)
            }
        }
    }

    /// Whether a child that waits may start.
    pub(super) fn take_granted(&self) -> bool {
        let mut places = self.lock();
        let granted = places.granted > 0;
        places.granted -= usize::from(granted);
        granted
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What has the place now.
pub(super) enum Freed {
    Free,
    Child,
    Permit(Arc<PermitWait>),
}

impl<P: Policy, K: Kind> Shared<'_, P, K> {
    /// Gives a place back; what has waited longest has it next.
    pub(super) fn free_place(&self) {
        match self.limiter.as_ref().map(Limiter::give_back) {
            Some(Freed::Child) => self.node.signal().raise(part::QUEUE),
            Some(Freed::Permit(wait)) => {
                if let Some(waker) = wait.take_waker() {
                    no_second_panic(|| waker.wake());
                }
            }
            None | Some(Freed::Free) => {}
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Freed, Limiter};

    /// One place, which is taken.
    fn taken() -> Limiter {
        let limiter = Limiter::new(1.try_into().unwrap());
        assert!(limiter.try_take());
        limiter
    }

    #[test]
    fn a_child_that_is_dropped_before_the_engine_has_it_takes_its_turn_along() {
        let limiter = taken();
        assert!(!limiter.take_or_queue());
        assert!(!limiter.forget_newest_child(), "it had no place");
        assert!(matches!(limiter.give_back(), Freed::Free));
        assert!(limiter.try_take());
    }

    #[test]
    fn a_child_that_is_dropped_before_the_engine_has_it_gives_back_the_place_it_was_given() {
        let limiter = taken();
        assert!(!limiter.take_or_queue());
        assert!(matches!(limiter.give_back(), Freed::Child));
        assert!(limiter.forget_newest_child());
        assert!(!limiter.take_granted(), "it was given back");
        assert!(matches!(limiter.give_back(), Freed::Free));

        // The next one is the first again.
        assert!(limiter.try_take());
        assert!(!limiter.take_or_queue());
        assert_eq!(limiter.forget_children(&[0]), 0, "it has no place");
        assert!(matches!(limiter.give_back(), Freed::Free), "it does not wait any more");
    }

    #[test]
    fn children_that_are_dropped_give_back_the_places_they_were_given_and_no_others() {
        let limiter = taken();
        for _ in 0..3 {
            assert!(!limiter.take_or_queue());
        }
        assert!(matches!(limiter.give_back(), Freed::Child));
        assert_eq!(limiter.forget_children(&[0, 2]), 1, "the first one had a place");
        limiter.sweep();
        assert!(matches!(limiter.give_back(), Freed::Child), "the one that is left");
        assert!(limiter.take_granted());
        assert!(matches!(limiter.give_back(), Freed::Free));
    }
}
