//! A body that is polled inside the scope of its request.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};
use purview_core::CancelReason;

use super::{
    caller::{Caller, Ended},
    overdue::GuestSlot,
};
use crate::{
    body::BodyError,
    grpc::{Code, trailers},
};

/// A frame of a response.
type FrameOf<B> = Result<Frame<<B as Body>::Data>, BodyError<<B as Body>::Error>>;

pub(super) struct Sender<B: Body, Err, E> {
    caller: Caller<B, Err, E>,
    /// What cuts a stream short is said in its trailers.
    grpc: bool,
    over: bool,
    /// Where the request is between two polls, if it has a deadline.
    slot: Option<Arc<GuestSlot<E>>>,
}

impl<B, Err, E> Sender<B, Err, E>
where
    B: Body<Data: Send, Error: Send> + Send + 'static,
    Err: Send + 'static,
    E: Send + 'static,
{
    pub(super) fn new(mut caller: Caller<B, Err, E>, grpc: bool) -> Self {
        let due = caller.exchange.take_due();
        let slot = due.and_then(|due| {
            let guest = caller.take_guest()?;
            Some(GuestSlot::watched(guest, &due, caller.exchange.clone()))
        });
        Self {
            caller,
            grpc,
            over: false,
            slot,
        }
    }
}

impl<B: Body, Err, E: Send + 'static> Sender<B, Err, E> {
    fn poll_seated(&mut self, cx: &mut Context<'_>) -> Poll<Option<FrameOf<B>>> {
        let Some(slot) = self.slot.clone() else {
            return self.poll(cx);
        };
        self.caller.set_guest(slot.take());
        let polled = self.poll(cx);
        let guest = self.caller.take_guest();
        slot.put_back(guest.filter(|_| !self.over));
        polled
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<FrameOf<B>>> {
        self.caller.exchange.want();
        let ended = self.caller.poll(cx);
        if let Poll::Ready(frame) = self.caller.exchange.take_frame() {
            self.over = frame.is_none();
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Body)));
        }
        // Its clean-up continues in the scope of the service.
        if self.caller.is_expired(&ended, cx) {
            return Poll::Ready(Some(self.cut_short(BodyError::Stopped(CancelReason::DeadlineExceeded))));
        }
        let reason = self.caller.exchange.stopped().unwrap_or(CancelReason::Ended);
        match ended {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ended::Panicked) => Poll::Ready(Some(self.cut_short(BodyError::Panicked))),
            Poll::Ready(Ended::ByItself | Ended::Cancelled) => {
                Poll::Ready(Some(self.cut_short(BodyError::Stopped(reason))))
            }
        }
    }

    fn cut_short(&mut self, error: BodyError<B::Error>) -> Result<Frame<B::Data>, BodyError<B::Error>> {
        self.over = true;
        if !self.grpc {
            return Err(error);
        }
        let (code, message) = match &error {
            BodyError::Stopped(CancelReason::DeadlineExceeded) => (Code::DeadlineExceeded, "deadline exceeded"),
            BodyError::Panicked => (Code::Internal, "the handler panicked"),
            _ => (Code::Unavailable, "the stream was cut short"),
        };
        Ok(Frame::trailers(trailers(code, message)))
    }
}

impl<B: Body, Err, E> Drop for Sender<B, Err, E> {
    fn drop(&mut self) {
        if let Some(slot) = &self.slot {
            drop(slot.take());
            slot.put_back(None);
        }
    }
}

impl<B: Body, Err, E> Unpin for Sender<B, Err, E> {}

impl<B: Body, Err, E: Send + 'static> Body for Sender<B, Err, E> {
    type Data = B::Data;
    type Error = BodyError<B::Error>;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, Self::Error>>> {
        let this = self.get_mut();
        if this.over {
            return Poll::Ready(None);
        }
        this.poll_seated(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.caller.exchange.is_at_end()
    }

    fn size_hint(&self) -> SizeHint {
        self.caller.exchange.size_hint()
    }
}
