use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use futures_util::stream::{FuturesUnordered, Stream};
use pin_project_lite::pin_project;

use super::pass::{self, Turn};
use crate::{
    tree::ScopeNode,
    wake::{part, part_waker},
};

/// What can stand in a [`Set`].
pub(crate) trait SetMember: Sized {
    /// What comes out of the set when it has ended.
    type Out;

    /// Polls it, if it is its turn; when it has ended it is taken out of its place, or emptied there.
    fn poll_out(this: Pin<&mut Option<Self>>, turn: &mut Turn, cx: &mut Context<'_>) -> Poll<Self::Out>;
}

pin_project! {
    /// A place in the set: polls what stands there as often as the pass allows.
    ///
    /// It is empty when its member was dropped in its place.
    pub(crate) struct Place<M> {
        #[pin]
        member: Option<M>,
        turn: Turn,
    }
}

impl<M> Place<M> {
    pub(crate) fn member(self: Pin<&mut Self>) -> Pin<&mut Option<M>> {
        self.project().member
    }
}

impl<M: SetMember> Future for Place<M> {
    type Output = M::Out;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<M::Out> {
        let this = self.project();
        if this.member.is_none() {
            return Poll::Pending;
        }
        M::poll_out(this.member, this.turn, cx)
    }
}

/// The members that have started and not ended, polled in the order in which they were woken.
///
/// The set sees only a waker of ours, never the user's, whose clone may panic.
pub(crate) struct Set<M> {
    /// Made for the first member.
    futures: Option<FuturesUnordered<Place<M>>>,
    waker: Option<Waker>,
}

impl<M> Set<M> {
    pub(crate) const fn new() -> Self {
        Self {
            futures: None,
            waker: None,
        }
    }

    pub(crate) fn iter(&mut self) -> impl Iterator<Item = Pin<&mut Option<M>>> {
        let futures = self.futures.as_mut().map(|futures| Pin::new(futures).iter_pin_mut());
        futures.into_iter().flatten().map(Place::member)
    }
}

impl<M: SetMember> Set<M> {
    pub(crate) fn push(&mut self, member: M, node: &ScopeNode) {
        self.push_with(node, || member);
    }

    /// As [`push`](Self::push): a large member is moved less often if nothing happens between its making and this.
    #[inline]
    pub(crate) fn push_with(&mut self, node: &ScopeNode, make: impl FnOnce() -> M) {
        let futures = self.futures.get_or_insert_with(FuturesUnordered::new);
        futures.push(Place {
            member: Some(make()),
            turn: Turn::default(),
        });
        node.signal().raise(part::CHILDREN);
    }

    /// Polls those that were woken until one has ended, or the rest is put off: those keep the order in which they were
    /// woken.
    pub(crate) fn poll(&mut self, node: &Arc<ScopeNode>) -> Poll<Option<M::Out>> {
        let Some(futures) = &mut self.futures else {
            return Poll::Ready(None);
        };
        let waker = self
            .waker
            .get_or_insert_with(|| part_waker::<{ part::CHILDREN }, _>(node));
        let cx = &mut Context::from_waker(waker);
        loop {
            let polled = Pin::new(&mut *futures).poll_next(cx);
            if !node.signal().is_raised(part::CANCEL) && !pass::puts_off() {
                return polled;
            }
            // All that is left in the queue is put off before any of it comes back.
            if polled.is_pending() && node.signal().take(part::CHILDREN) {
                continue;
            }
            for waker in node.take_put_off() {
                waker.wake();
            }
            return polled;
        }
    }
}
