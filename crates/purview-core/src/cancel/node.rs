use std::{
    cell::RefCell,
    mem,
    panic::{RefUnwindSafe, UnwindSafe},
    sync::{Arc, PoisonError},
    task::{Context, Poll},
};

use super::{
    CancelReason,
    below::Below,
    parents::{Parent, Parents},
};
use crate::{
    panic::no_second_panic,
    sync::{
        Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, Ordering},
        thread_local,
    },
    wake::Waiters,
};

/// What has a place in the tree of cancellation: a token, a task, or a scope.
pub(crate) trait Cancellable: Send + Sync + UnwindSafe + RefUnwindSafe {
    fn node(&self) -> &Node;

    /// It was cancelled, and so was all that is below it; `again` where its cancellation had been told before.
    fn fired(&self, again: bool) {
        let _ = again;
    }

    /// A grace around it has ended; gives whether those below it are to be told too.
    fn grace_ended(&self) -> bool {
        true
    }

    /// Whether it is a scope or a task, and no token of its own.
    fn is_scope_or_task(&self) -> bool {
        false
    }
}

/// What a node is told when the one above it is cancelled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// The same reason: it is a child token.
    Same,
    /// [`Parent`](crate::CancelReason::Parent): it is a task, a timeout or a scope.
    Parent,
    /// Nothing: a shield stands between. It is told of the end of a grace only.
    Grace,
}

/// What a wait for cancellation keeps from being dropped, from the cancellation on until the wait has completed.
pub(crate) trait Holder: Send + Sync {
    /// Whether its own cancellation, where it is polled now, fires this token too. Asked as the token fires, because the
    /// scopes around may have moved since the wait began.
    fn is_cancelled_with(&self, token: &Node) -> bool;
    fn hold(&self);
    fn let_go(&self);
}

/// One node of the tree.
///
/// `reason` is the whole truth; the lock guards only what is to be told. A cancellation first sets the reason and then
/// takes the listeners under the lock, and a new listener looks at the reason under the same lock: none is missed.
#[derive(Default)]
pub(crate) struct Node {
    pub(super) reason: OnceLock<CancelReason>,
    /// The reason came from a node above.
    pub(super) from_above: AtomicBool,
    /// It was asked to cancel although it was cancelled already.
    pub(super) again: AtomicBool,
    listeners: Mutex<Listeners>,
    /// Where this node is registered, so that it can take itself out; kept alive, because what cancels an ancestor
    /// reaches it through them.
    parents: Mutex<Parents>,
}

#[derive(Default)]
pub(super) struct Listeners {
    pub(super) waiters: Waiters,
    /// What the waiters of these keys may keep from being dropped once the token has fired, and whether they do.
    pub(super) holders: Waiters<(Arc<dyn Holder>, bool)>,
    pub(super) below: Below,
    /// What is below has been told, or is being told.
    pub(super) told: bool,
}

impl Listeners {
    /// Whether there is nothing to tell.
    pub(super) fn is_empty(&self) -> bool {
        self.waiters.is_empty() && self.below.is_empty()
    }
}

impl Cancellable for Node {
    fn node(&self) -> &Node {
        self
    }
}

impl Node {
    pub(crate) fn reason(&self) -> Option<&CancelReason> {
        self.reason.get()
    }

    /// Whether the reason came from a token, a task or a scope above.
    pub(crate) fn is_cancelled_from_above(&self) -> bool {
        self.from_above.load(Ordering::Acquire)
    }

    /// Whether its cancellation was asked for when it was cancelled already.
    pub(crate) fn is_cancelled_again(&self) -> bool {
        self.again.load(Ordering::SeqCst)
    }

    /// Waits for the cancellation under `key`, which is made by the first call. From the cancellation on until the wait
    /// is [forgotten](Self::forget_waiter), `holder` is held, if its own cancellation fires this token.
    pub(crate) fn poll_cancelled(
        &self,
        key: &mut Option<u64>,
        holder: Option<&Arc<dyn Holder>>,
        cx: &Context<'_>,
    ) -> Poll<CancelReason> {
        if let Some(reason) = self.reason.get() {
            return Poll::Ready(reason.clone());
        }
        {
            let listeners = self.lock();
            let same_holder = match (listeners.holders.get(*key), holder) {
                (None, None) => true,
                (Some((known, _)), Some(holder)) => std::ptr::addr_eq(Arc::as_ptr(known), Arc::as_ptr(holder)),
                _ => false,
            };
            let waiting = listeners.waiters.get(*key);
            if same_holder && waiting.is_some_and(|waiting| waiting.will_wake(cx.waker())) {
                return self.reason.get().cloned().map_or(Poll::Pending, Poll::Ready);
            }
        }
        let waker = cx.waker().clone();
        let mut listeners = self.lock();
        // Seeded: it has looked just above.
        if let Some(reason) = self
            .reason
            .get()
            .filter(|_| !cfg!(purview_seeded_bug = "token-waited-for-too-late"))
        {
            drop(listeners);
            return Poll::Ready(reason.clone());
        }
        let old_waker = listeners.waiters.put(key, waker);
        let old_holder = match holder {
            Some(holder) => listeners.holders.put(key, (holder.clone(), false)),
            None => listeners.holders.remove(*key),
        };
        drop(listeners);
        drop((old_waker, old_holder));
        Poll::Pending
    }

    /// Takes a waiter out; gives whether its holder is held.
    pub(crate) fn forget_waiter(&self, key: Option<u64>) -> bool {
        if key.is_none() {
            return false;
        }
        let (waker, holder) = {
            let mut listeners = self.lock();
            (listeners.waiters.remove(key), listeners.holders.remove(key))
        };
        let is_held = holder.as_ref().is_some_and(|(_, is_held)| *is_held);
        no_second_panic(|| drop((waker, holder)));
        is_held
    }

    /// The holder of this waiter is held; not where the waiter was forgotten meanwhile.
    pub(super) fn note_held(&self, place: u64) -> bool {
        let mut listeners = self.lock();
        let holder = listeners.holders.get_mut(place);
        holder.map(|(_, is_held)| *is_held = true).is_some()
    }

    /// Whether one of `nodes`, by their addresses, is this node or above it: their cancellation fires this one.
    pub(crate) fn is_below(&self, nodes: &[usize]) -> bool {
        nodes.contains(&self.address()) || self.any_above(|above| nodes.contains(&above.node().address()))
    }

    /// Whether one of the nodes above is what is meant. A loop, not recursion: a tree may be deeper than the stack.
    pub(super) fn any_above(&self, is_meant: impl Fn(&dyn Cancellable) -> bool) -> bool {
        let mut above = self.parent_nodes();
        while let Some(parent) = above.pop() {
            if is_meant(&*parent) {
                return true;
            }
            above.append(&mut parent.node().parent_nodes());
        }
        false
    }

    pub(crate) fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn parent_nodes(&self) -> Vec<Arc<dyn Cancellable>> {
        self.lock_parents().iter().map(|parent| parent.node.clone()).collect()
    }

    /// Takes this node out from below another, under which it was put with `key`.
    pub(crate) fn leave(&self, key: u64, parent: &dyn Cancellable) {
        let left = {
            self.lock_parents()
                .remove(|above| above.key == key && above.node.node().address() == parent.node().address())
        };
        let entry = parent.node().lock().below.remove(key);
        drop((left, entry));
    }

    /// Takes this node out from below all others.
    pub(crate) fn leave_all(&self) {
        let parents = {
            let mut parents = self.lock_parents();
            if parents.is_empty() {
                return;
            }
            parents.take()
        };
        drop_parents(parents);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lock_parents(&self) -> MutexGuard<'_, Parents> {
        self.parents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let parents = self.parents.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !parents.is_empty() {
            drop_parents(parents.take());
        }
    }
}

thread_local! {
    /// What a loop of [`drop_parents`] further out has yet to drop.
    static DROPPING: RefCell<Option<Vec<Parent>>> = const { RefCell::new(None) };
}

impl Parent {
    /// Takes the node that has this parent out from below it.
    fn leave(self) {
        let entry = self.node.node().lock().below.remove(self.key);
        drop((entry, self));
    }
}

/// Takes a node that has these parents out from below them. A loop, not recursion: each of them may be the last that
/// keeps a long line of ancestors.
fn drop_parents(mut parents: Parents) {
    // Nearly always something else keeps the only parent. Where that is dropped meanwhile on another thread, the parent is
    // dropped here, and what is above it in a loop.
    if let Some(parent) = parents.take_only(|parent| Arc::strong_count(&parent.node) > 1) {
        parent.leave();
        return;
    }
    let mut parents = Some(parents);
    // A thread that is being torn down has no list, and drops them one inside the other.
    let is_outermost = DROPPING.try_with(|dropping| match &mut *dropping.borrow_mut() {
        Some(waiting) => {
            waiting.extend(parents.take().into_iter().flatten());
            false
        }
        none => {
            *none = Some(Vec::new());
            true
        }
    });
    let Some(parents) = parents else { return };
    let mut next: Vec<Parent> = Vec::new();
    let mut parents = parents.into_iter();
    let _list = is_outermost.unwrap_or(false).then_some(DroppingEnds);
    while let Some(parent) = next.pop().or_else(|| parents.next()) {
        parent.leave();
        let _ = DROPPING.try_with(|dropping| next.extend(dropping.borrow_mut().iter_mut().flat_map(mem::take)));
    }
}

struct DroppingEnds;

impl Drop for DroppingEnds {
    fn drop(&mut self) {
        let left = DROPPING.try_with(|dropping| dropping.borrow_mut().take());
        drop(left);
    }
}
