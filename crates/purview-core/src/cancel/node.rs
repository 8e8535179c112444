use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, Weak},
    task::{Context, Poll, Waker},
};

use super::{
    CancelReason,
    waiters::{Waiters, wake_all},
};
use crate::{
    error::no_second_panic,
    sync::{
        Mutex, MutexGuard, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// A node of the tree of tokens.
///
/// `reason` is the whole truth; the lock guards only who is to be told. A cancellation first sets the reason and then
/// takes the listeners under the lock, and whoever registers looks at the reason under the same lock: nobody is missed.
pub(crate) struct Node {
    reason: OnceLock<CancelReason>,
    /// Somebody asked for its cancellation although it was cancelled already.
    again: AtomicBool,
    /// Its owner wants to hear of that too.
    hears_again: AtomicBool,
    listeners: Mutex<Listeners>,
    /// Where this node is registered, so that it can take itself out; kept alive, because what cancels an ancestor
    /// reaches it through them.
    parents: Mutex<Vec<(Arc<Node>, u64)>>,
}

#[derive(Default)]
struct Listeners {
    waiters: Waiters,
    /// The scope whose token this is: woken first, and for a second time where it asked for that.
    owner: Option<Waker>,
    children: BTreeMap<u64, Child>,
    next_child: u64,
}

struct Child {
    node: Weak<Node>,
    /// What the child is told instead of this node's own reason.
    reason: Option<CancelReason>,
}

impl Node {
    pub(crate) fn root() -> Arc<Self> {
        Arc::new(Self {
            reason: OnceLock::new(),
            again: AtomicBool::new(false),
            hears_again: AtomicBool::new(false),
            listeners: Mutex::default(),
            parents: Mutex::default(),
        })
    }

    pub(crate) fn reason(&self) -> Option<&CancelReason> {
        self.reason.get()
    }

    /// Makes `child` hear of this node's cancellation, with `reason` in place of this node's own if there is one.
    ///
    /// A cycle cannot be formed: only nodes that nobody else has seen yet are adopted.
    pub(crate) fn adopt(self: &Arc<Self>, child: &Arc<Self>, reason: Option<CancelReason>) {
        let mut listeners = self.lock();
        if let Some(own) = self.reason.get() {
            drop(listeners);
            child.cancel(reason.unwrap_or_else(|| own.clone()));
            return;
        }
        listeners.next_child += 1;
        let key = listeners.next_child;
        listeners.children.insert(
            key,
            Child {
                node: Arc::downgrade(child),
                reason,
            },
        );
        drop(listeners);
        child
            .parents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((self.clone(), key));
    }

    /// Cancels this node and everything below it. A node that is cancelled already keeps its reason, and its subtree
    /// has been told. Gives whether this was the first time.
    pub(crate) fn cancel(&self, reason: CancelReason) -> bool {
        let mut told = Told::default();
        let first = self.fire(reason, &mut told);
        // A loop, not recursion: a tree may be deeper than the stack.
        while let Some((node, reason)) = told.children.pop() {
            if let Some(node) = node.upgrade() {
                node.fire(reason, &mut told);
            }
        }
        // Everybody sees the reason before anybody runs, so a waker may look at any node of the tree.
        wake_all(told.wakers);
        first
    }

    /// From now on the owner is woken by further cancellations too.
    pub(crate) fn hear_again(&self) {
        self.hears_again.store(true, Ordering::SeqCst);
    }

    /// Whether its cancellation was asked for when it was cancelled already.
    pub(crate) fn is_cancelled_again(&self) -> bool {
        self.again.load(Ordering::SeqCst)
    }

    fn fire(&self, reason: CancelReason, told: &mut Told) -> bool {
        // The reasons of those around are theirs to follow up.
        let by_request = matches!(reason, CancelReason::Requested(_));
        if self.reason.set(reason).is_err() {
            if !by_request {
                return false;
            }
            // Either this is seen by whoever begins to listen, or that one is seen here.
            self.again.store(true, Ordering::SeqCst);
            if self.hears_again.load(Ordering::SeqCst) {
                told.wakers.extend(self.lock().owner.clone());
            }
            return false;
        }
        let (owner, waiters, children) = {
            let mut listeners = self.lock();
            (
                // Ours: a lane of its scope's.
                listeners.owner.clone(),
                listeners.waiters.take_all(),
                std::mem::take(&mut listeners.children),
            )
        };
        told.wakers.extend(owner);
        told.wakers.extend(waiters.into_values());
        let own = self.reason.get();
        // Newest last, so that the stack gives the oldest first.
        told.children.extend(
            children
                .into_values()
                .rev()
                .filter_map(|child| Some((child.node, child.reason.or_else(|| own.cloned())?))),
        );
        true
    }

    /// Names who is woken first when this node is cancelled: its scope's driver. Nobody else has seen the node yet.
    pub(crate) fn set_owner(&self, owner: Waker) {
        self.lock().owner = Some(owner);
    }

    pub(crate) fn forget_owner(&self) {
        let owner = self.lock().owner.take();
        drop(owner);
    }

    /// Waits for the cancellation under `key`, which is made by the first call.
    pub(crate) fn poll_cancelled(&self, key: &mut Option<u64>, cx: &Context<'_>) -> Poll<CancelReason> {
        if let Some(reason) = self.reason.get() {
            return Poll::Ready(reason.clone());
        }
        if self.lock().waiters.has(*key, cx.waker()) {
            return self.reason.get().cloned().map_or(Poll::Pending, Poll::Ready);
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
        let old = listeners.waiters.put(key, waker);
        drop(listeners);
        drop(old);
        Poll::Pending
    }

    pub(crate) fn forget_waiter(&self, key: Option<u64>) {
        let waker = self.lock().waiters.remove(key);
        no_second_panic(|| drop(waker));
    }

    fn take_parents(&mut self) -> Vec<(Arc<Self>, u64)> {
        std::mem::take(self.parents.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let mut above = self.take_parents();
        // A loop, not recursion: this may be the last to hold a long line of ancestors.
        while let Some((parent, key)) = above.pop() {
            let child = parent.lock().children.remove(&key);
            drop(child);
            if let Some(mut parent) = Arc::into_inner(parent) {
                above.append(&mut parent.take_parents());
            }
        }
    }
}

#[derive(Default)]
struct Told {
    wakers: Vec<Waker>,
    children: Vec<(Weak<Node>, CancelReason)>,
}
