use std::{
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use super::{child::Verdict, desk::Desk, fruitless, kind::AnyChild, signal::part};
use crate::policy::Policy;

/// A child's place in the set: polls the child once a pass, while the pass has not done enough.
///
/// It is empty when the child was dropped in its place.
pub(super) struct Seat<C, P> {
    child: Option<C>,
    /// The pass in which the child was last polled.
    pass: u64,
    desk: Arc<Desk<P>>,
}

impl<C, P> Seat<C, P> {
    pub(super) fn new(child: C, desk: &Arc<Desk<P>>) -> Self {
        Self {
            child: Some(child),
            pass: 0,
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
        let pass = signal.pass.load(Ordering::Relaxed);
        // Dropping a cancelled child is no poll of it.
        let dropped = frame.stopped().is_some() && !frame.holds();
        if !dropped && signal.is_raised(part::CANCEL) {
            // The scope was cancelled a moment ago: the driver decides first who is polled on.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if !dropped {
            let enough = signal.has_no_steps() || fruitless::enough();
            if enough || this.pass == pass {
                signal.turned_away.store(1, Ordering::Relaxed);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        signal.count_step();
        if this.pass == 0 {
            frame.set_place(cx.waker());
        }
        this.pass = pass;
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
