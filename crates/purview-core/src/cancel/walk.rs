//! What happens to a whole tree of nodes: cancellation, the ordinary end, and the end of a grace.

use std::{
    sync::{Arc, Weak},
    task::Waker,
};

use super::{
    CancelReason,
    node::{Cancellable, Holder, Listeners, Node, Told},
    parents::Parent,
};
use crate::{panic::FirstPanic, sync::atomic::Ordering};

impl dyn Cancellable {
    /// Has the cancellation of this one passed on to `child`, and gives the key for [`Node::leave`]. Where it is
    /// cancelled already, `child` is cancelled at once.
    pub(crate) fn adopt(self: Arc<Self>, child: &Arc<dyn Cancellable>, told: Told) -> u64 {
        // Seeded: it looks in one step, and puts the child there in another.
        let looked = cfg!(purview_seeded_bug = "token-made-at-the-cancellation") && !self.node().lock().told;
        // Under one lock: a cancellation either finds the child there, or has told what was below before it.
        let (key, is_late) = {
            let mut listeners = self.node().lock();
            let is_late = listeners.told && !looked;
            (listeners.below.add(Arc::downgrade(child), told), is_late)
        };
        let reason = is_late.then(|| self.node().reason().cloned()).flatten();
        child.node().lock_parents().push(Parent { node: self, key });
        if let Some(reason) = reason.and_then(|reason| told_reason(told, &reason)) {
            let mut walk = Walk::default();
            walk.start(child.clone(), reason, true);
            walk.finish();
        }
        key
    }

    /// Cancels it and everything below it. A node that was cancelled before keeps its reason, and what is below it has
    /// been told. Gives whether this was the first time.
    pub(crate) fn cancel(self: &Arc<Self>, reason: CancelReason) -> bool {
        let mut walk = Walk::default();
        let first = walk.start(self.clone(), reason, false);
        walk.finish();
        first
    }
}

impl Node {
    /// Ends it in the ordinary way: waiters and child tokens are told that it has ended; tasks and scopes that were
    /// polled in it are not.
    pub(crate) fn end(&self) {
        // Seeded: what listens is taken before it can be seen that the node has ended.
        let is_taken = cfg!(purview_seeded_bug = "token-made-at-the-end");
        if is_taken {
            self.tell_ended();
        }
        if self.reason.set(CancelReason::Ended).is_ok() && !is_taken {
            self.tell_ended();
        }
    }

    fn tell_ended(&self) {
        {
            let mut listeners = self.lock();
            if listeners.is_empty() {
                listeners.told = true;
                return;
            }
        }
        let mut walk = Walk::default();
        walk.take_listeners(self, &CancelReason::Ended, |told| told == Told::Same);
        walk.finish();
    }

    /// Has everything below look again: what was told of a cancellation, and kept running because a shutdown gave it
    /// time, may have none any more.
    pub(crate) fn tell_again(&self) {
        let mut told = Vec::new();
        let mut next = below(self, |told| told != Told::Grace);
        // A loop, not recursion: a tree may be deeper than the stack.
        while let Some(node) = next.pop() {
            next.extend(below(node.node(), |told| told != Told::Grace));
            told.push(node);
        }
        let mut panicked = FirstPanic::default();
        for node in told {
            panicked.run(|| node.fired(true));
        }
        panicked.resume_unless_unwinding();
    }

    /// Tells everything below that a grace has ended, through shields too.
    pub(crate) fn end_grace(&self) {
        let mut next = below(self, |_| true);
        let mut panicked = FirstPanic::default();
        while let Some(node) = next.pop() {
            let mut goes_on = false;
            panicked.run(|| goes_on = node.grace_ended());
            if goes_on {
                next.extend(below(node.node(), |_| true));
            }
        }
        panicked.resume_unless_unwinding();
    }
}

fn told_reason(told: Told, reason: &CancelReason) -> Option<CancelReason> {
    match told {
        Told::Same => Some(reason.clone()),
        Told::Parent => Some(CancelReason::Parent),
        Told::Grace => None,
    }
}

/// Newest first, so that a stack gives the oldest first.
fn below(node: &Node, is_told: impl Fn(Told) -> bool) -> Vec<Arc<dyn Cancellable>> {
    let found: Vec<Weak<dyn Cancellable>> = {
        let listeners = node.lock();
        let below = listeners.below.iter().rev().filter(|(_, told)| is_told(*told));
        below.map(|(node, _)| node.clone()).collect()
    };
    found.iter().filter_map(Weak::upgrade).collect()
}

/// One cancellation on its way down the tree.
#[derive(Default)]
struct Walk {
    next: Vec<(Arc<dyn Cancellable>, CancelReason)>,
    /// Holders whose wait was forgotten as they were held.
    forgotten: Vec<Arc<dyn Holder>>,
    told: Vec<Heard>,
}

enum Heard {
    Node(Arc<dyn Cancellable>, bool),
    Waiter(Waker),
}

impl Walk {
    fn start(&mut self, who: Arc<dyn Cancellable>, reason: CancelReason, from_above: bool) -> bool {
        let first = self.fire(who, reason, from_above);
        // A loop, not recursion: a tree may be deeper than the stack.
        while let Some((node, reason)) = self.next.pop() {
            self.fire(node, reason, true);
        }
        first
    }

    fn fire(&mut self, who: Arc<dyn Cancellable>, reason: CancelReason, from_above: bool) -> bool {
        let node = who.node();
        let by_request = matches!(reason, CancelReason::Requested(_));
        // Set before the reason, so that it is seen with it.
        if from_above && node.reason.get().is_none() {
            node.from_above.store(true, Ordering::Release);
        }
        if node.reason.set(reason).is_err() {
            // The reasons of what is around it are told on the way there.
            if by_request {
                node.again.store(true, Ordering::SeqCst);
                self.told.push(Heard::Node(who, true));
            }
            return false;
        }
        let reason = node.reason.get().expect("set just above").clone();
        // A scope is woken before what waits for its token.
        self.told.push(Heard::Node(who.clone(), false));
        self.take_listeners(node, &reason, |_| true);
        true
    }

    fn take_listeners(&mut self, node: &Node, reason: &CancelReason, is_told: impl Fn(Told) -> bool) {
        let (waiters, holders): (_, Vec<_>) = {
            let mut listeners = node.lock();
            let Listeners {
                waiters,
                holders,
                below,
                told,
            } = &mut *listeners;
            *told = true;
            // Newest last, so that the stack gives the oldest first.
            for (node, told) in below.iter().rev() {
                let reason = told_reason(*told, reason).filter(|_| is_told(*told));
                // Not made where it is not kept: it may be the last handle, and must not be dropped under the lock.
                self.next
                    .extend(reason.and_then(|reason| Some((node.upgrade()?, reason))));
            }
            let holders = holders.iter().map(|(place, (holder, _))| (place, holder.clone()));
            (waiters.take_all(), holders.collect())
        };
        for (place, holder) in holders {
            if holder.is_cancelled_with(node) {
                holder.hold();
                self.forgotten.extend((!node.note_held(place)).then_some(holder));
            }
        }
        self.told.extend(waiters.into_iter().map(Heard::Waiter));
    }

    /// All of the tree has its reason before any code of the user's runs, so a waker may look at any node.
    fn finish(mut self) {
        while let Some((node, reason)) = self.next.pop() {
            self.fire(node, reason, true);
        }
        let mut panicked = FirstPanic::default();
        for holder in self.forgotten {
            panicked.run(|| holder.let_go());
        }
        for heard in self.told {
            panicked.run(|| match heard {
                Heard::Node(node, again) => node.fired(again),
                Heard::Waiter(waker) => waker.wake(),
            });
        }
        panicked.resume_unless_unwinding();
    }
}
