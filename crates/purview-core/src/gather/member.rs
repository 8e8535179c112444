use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::{
    cancel::CancelReason,
    census,
    context::{Binding, Frame, Place, Surroundings, TaskId, TaskInfo, enter},
    error::catch,
    policy::End,
    scope::{Line, State, fruitless, part},
    stack::with_room,
};

/// How a member ended, and which it was.
pub(super) struct Ended<O> {
    pub(super) index: usize,
    pub(super) id: TaskId,
    pub(super) end: End<O>,
}

impl<O> Ended<O> {
    pub(super) fn info(&self, state: &State) -> TaskInfo {
        TaskInfo::numbered(self.id, state.naming(), self.index as u64)
    }
}

/// What the members of a gather have in common.
pub(super) struct Common {
    pub(super) state: Arc<State>,
    pub(super) bindings: Option<Arc<Binding>>,
}

/// Who a member is; it gets a frame when it asks for something that needs one.
pub(super) struct Seat {
    index: usize,
    id: TaskId,
    frame: Option<Arc<Frame>>,
    line: Line,
}

impl Seat {
    pub(super) fn new(index: usize) -> Self {
        Self {
            index,
            id: TaskId::next(),
            frame: None,
            line: Line::default(),
        }
    }

    pub(super) fn holds(&self) -> bool {
        self.frame.as_ref().is_some_and(|frame| frame.holds())
    }

    pub(super) fn id(&self) -> TaskId {
        self.id
    }

    pub(super) fn ended<O>(&self, end: End<O>) -> Ended<O> {
        if let Some(frame) = &self.frame {
            frame.end();
        }
        Ended {
            index: self.index,
            id: self.id,
            end,
        }
    }

    /// Whether the pass has had enough of this member, which then is left for the next one.
    pub(super) fn is_turned_away(&mut self, state: &State, cx: &Context<'_>) -> bool {
        // When the scope was cancelled a moment ago, whoever drives it decides first who is polled on.
        if !state.signal.is_raised(part::CANCEL) && state.signal.lets_in(&mut self.line) {
            return false;
        }
        cx.waker().wake_by_ref();
        true
    }

    /// Polls the member's future as itself; ready when it has ended and is to be dropped.
    pub(super) fn poll<F: Future>(
        &mut self,
        common: &Common,
        fut: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<End<F::Output>> {
        let state = &common.state;
        if let Some(reason) = state.cut().filter(|_| !self.holds()) {
            return Poll::Ready(End::Cancelled(reason));
        }
        let place = Place::Member {
            scope: state.clone(),
            id: self.id,
            number: self.index as u64,
            frame: self.frame.take(),
        };
        let entered = enter(Surroundings {
            place,
            shielded: false,
            bindings: common.bindings.clone(),
            may_block: false,
        });
        census::member_polled();
        let polled = catch(|| with_room(|| fut.poll(cx)));
        if let Place::Member { frame: Some(frame), .. } = entered.leave().place {
            frame.set_place(cx.waker());
            self.frame = Some(frame);
        }
        match polled {
            Ok(Poll::Ready(value)) => Poll::Ready(End::Returned(value)),
            Err(panic) => Poll::Ready(End::Panicked(panic)),
            Ok(Poll::Pending) => match state.cut().filter(|_| !self.holds()) {
                Some(reason) => Poll::Ready(End::Cancelled(reason)),
                None => Poll::Pending,
            },
        }
    }
}

/// Drops a member's future; a panic in its destructor is how it ended.
pub(super) fn drop_future<F, O>(mut fut: Pin<&mut Option<F>>, end: End<O>) -> End<O> {
    end.after(|| fut.set(None))
}

pin_project! {
    /// One future of a gather, in the set, unboxed.
    pub(super) struct Member<F> {
        #[pin]
        fut: Option<F>,
        seat: Seat,
        common: Arc<Common>,
    }
}

impl<F> Member<F> {
    pub(super) fn new(fut: F, index: usize, common: Arc<Common>) -> Self {
        Self {
            fut: Some(fut),
            seat: Seat::new(index),
            common,
        }
    }
}

impl<F: Future> Member<F> {
    /// Drops its future, if it has one and nothing holds it; gives how it ended.
    pub(super) fn cut(self: Pin<&mut Self>, reason: &CancelReason, hard: bool) -> Option<Ended<F::Output>> {
        let this = self.project();
        if this.fut.is_none() || (!hard && this.seat.holds()) {
            return None;
        }
        let end = drop_future(this.fut, End::Cancelled(reason.clone()));
        Some(this.seat.ended(end))
    }

    pub(super) fn id(&self) -> TaskId {
        self.seat.id()
    }
}

impl<F: Future> Future for Member<F> {
    type Output = Ended<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(fut) = this.fut.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        if this.seat.is_turned_away(&this.common.state, cx) {
            return Poll::Pending;
        }
        match this.seat.poll(this.common, fut, cx) {
            Poll::Pending => {
                fruitless::count();
                Poll::Pending
            }
            Poll::Ready(end) => {
                fruitless::reset();
                let end = drop_future(this.fut, end);
                Poll::Ready(this.seat.ended(end))
            }
        }
    }
}
