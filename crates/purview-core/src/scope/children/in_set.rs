use std::{
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use crate::{
    engine::{SetMember, pass::Turn},
    policy::Policy,
    scope::kind::AnyChild,
};

/// A child in the set: it comes out of it whole when it has ended, its end inside.
pub(super) struct InSet<C, P>(C, PhantomData<fn() -> P>);

impl<C, P> InSet<C, P> {
    pub(super) fn new(child: C) -> Self {
        Self(child, PhantomData)
    }

    pub(super) fn child(&self) -> &C {
        &self.0
    }

    pub(super) fn child_mut(&mut self) -> &mut C {
        &mut self.0
    }

    pub(super) fn into_child(self) -> C {
        self.0
    }
}

impl<P: Policy, C: AnyChild<P>> SetMember for InSet<C, P> {
    type Out = C;

    fn poll_out(this: Pin<&mut Option<Self>>, turn: &mut Turn, cx: &mut Context<'_>) -> Poll<C> {
        let this = this.get_mut();
        match this.as_mut().map(|child| child.0.pinned().poll(turn, cx)) {
            Some(Poll::Ready(())) => {}
            Some(Poll::Pending) | None => return Poll::Pending,
        }
        Poll::Ready(this.take().expect("looked at it above").0)
    }
}
