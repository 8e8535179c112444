//! What a scope keeps of a child that somebody else runs.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use super::{
    child::{Child, Verdict, report},
    desk::Desk,
    task::Slot,
};
use crate::{
    cancel::CancelReason,
    context::Frame,
    error::catch,
    policy::{End, Policy},
};

/// What is run elsewhere, as its scope sees it.
pub(super) trait Away {
    type Output;

    /// Has the runtime take it. What the runtime refuses or throws away ends all the same.
    fn give(self: &Arc<Self>, frame: &Arc<Frame>);

    /// Ready with its end, once what was run is gone.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<End<Self::Output>>;

    /// Destroys it where nobody is running it; pending elsewhere.
    fn cut(&self, reason: CancelReason) -> Poll<End<Self::Output>>;

    /// Somebody is running it, and the scope will not be there when it ends.
    fn abandon(&self);
}

pub(super) struct AwayChild<P: Policy, T, A> {
    frame: Arc<Frame>,
    slot: Arc<Slot<P::Joined<T>>>,
    away: Arc<A>,
    given: bool,
}

impl<P: Policy, T, A> AwayChild<P, T, A> {
    pub(super) fn new(frame: Arc<Frame>, slot: Arc<Slot<P::Joined<T>>>, away: Arc<A>) -> Self {
        Self {
            frame,
            slot,
            away,
            given: false,
        }
    }
}

impl<P: Policy, T, A: Away<Output = P::Child<T>>> AwayChild<P, T, A> {
    fn ended(&self, desk: &Desk<P>, end: End<P::Child<T>>) -> Verdict {
        // The runtime has lost it: that was nobody's wish, and its task may have no way to say so.
        let lost = match &end {
            End::Cancelled(reason) if self.frame.stopped().is_none() => Some(reason.clone()),
            _ => None,
        };
        report::<P, T>(desk, &self.frame, &self.slot, end).lost(lost.filter(|_| self.slot.is_barren()))
    }
}

impl<P: Policy, T, A> Unpin for AwayChild<P, T, A> {}

impl<P: Policy, T, A: Away<Output = P::Child<T>>> Child<P> for AwayChild<P, T, A> {
    fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>, desk: &Desk<P>) -> Poll<Verdict> {
        let this = self.get_mut();
        if let Some(reason) = this.frame.stopped().filter(|_| !this.frame.holds()) {
            if let Poll::Ready(end) = this.away.cut(reason) {
                return Poll::Ready(this.ended(desk, end));
            }
        } else if !this.given {
            this.given = true;
            this.away.give(&this.frame);
        }
        let end = ready!(this.away.poll(cx));
        Poll::Ready(this.ended(desk, end))
    }

    fn cut(self: Pin<&mut Self>, reason: CancelReason, desk: &Desk<P>) -> Poll<Verdict> {
        let end = ready!(self.away.cut(reason));
        Poll::Ready(self.ended(desk, end))
    }

    fn abandon(self: Pin<&mut Self>, reason: CancelReason) {
        self.away.abandon();
        let told = catch(|| self.slot.fill_with(|| (P::refused::<T>(reason), ())));
        self.frame.end();
        if let Err(panic) = told {
            panic.resume();
        }
    }

    fn is_unclaimed(&self) -> bool {
        self.slot.is_unclaimed()
    }

    fn reclaim(self: Pin<&mut Self>, desk: &Desk<P>) {
        self.slot
            .reclaim(|joined| desk.ask(|policy| policy.unclaimed::<T>(&self.frame.info, joined)));
    }
}
