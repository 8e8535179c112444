use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use super::{
    child::Verdict,
    desk::Desk,
    fruitless,
    kind::AnyChild,
    signal::{Line, part},
};
use crate::policy::Policy;

/// A child's place in the set: polls the child once a pass, while the pass has not done enough.
///
/// It is empty when the child was dropped in its place.
pub(super) struct Seat<C, P> {
    child: Option<C>,
    line: Line,
    desk: Arc<Desk<P>>,
}

impl<C, P> Seat<C, P> {
    pub(super) fn new(child: C, desk: &Arc<Desk<P>>) -> Self {
        Self {
            child: Some(child),
            line: Line::default(),
            desk: desk.clone(),
        }
    }

    pub(super) fn child(&mut self) -> &mut Option<C> {
        &mut self.child
    }
}

impl<P: Policy, C: AnyChild<P>> Future for Seat<C, P> {
    type Output = (C, Verdict);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(C, Verdict)> {
        let this = self.get_mut();
        let Some(child) = &mut this.child else {
            return Poll::Pending;
        };
        let frame = child.get().frame();
        let signal = &frame.scope.signal;
        // Dropping a cancelled child is no poll of it.
        let dropped = frame.stopped().is_some() && !frame.holds();
        if !dropped && signal.is_raised(part::CANCEL) {
            // The scope was cancelled a moment ago: the driver decides first who is polled on.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let is_new = this.line.pass == 0;
        if dropped {
            signal.count_step();
        } else if !signal.lets_in(&mut this.line) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if is_new {
            frame.set_place(cx.waker());
        }
        match child.pinned().poll(cx, &this.desk) {
            Poll::Pending => {
                fruitless::count();
                Poll::Pending
            }
            Poll::Ready(verdict) => {
                fruitless::reset();
                Poll::Ready((this.child.take().expect("looked at it above"), verdict))
            }
        }
    }
}
