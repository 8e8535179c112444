//! A body that is polled inside the scope of its request.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};
use purview_core::CancelReason;

use super::caller::{Caller, Ended};
use crate::{
    body::BodyError,
    grpc::{Code, trailers},
};

pub(super) struct Sender<B: Body, Err, E> {
    caller: Caller<B, Err, E>,
    /// What cuts a stream short is said in its trailers.
    grpc: bool,
    over: bool,
}

impl<B: Body, Err, E> Sender<B, Err, E> {
    pub(super) fn new(caller: Caller<B, Err, E>, grpc: bool) -> Self {
        Self {
            caller,
            grpc,
            over: false,
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

impl<B: Body, Err, E> Unpin for Sender<B, Err, E> {}

impl<B: Body, Err, E> Body for Sender<B, Err, E> {
    type Data = B::Data;
    type Error = BodyError<B::Error>;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, Self::Error>>> {
        let this = self.get_mut();
        if this.over {
            return Poll::Ready(None);
        }
        this.caller.exchange.want();
        let ended = this.caller.poll(cx);
        if let Poll::Ready(frame) = this.caller.exchange.take_frame() {
            this.over = frame.is_none();
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Body)));
        }
        // Its clean-up goes on in the scope of the service.
        if this.caller.is_expired(&ended, cx) {
            return Poll::Ready(Some(this.cut_short(BodyError::Stopped(CancelReason::DeadlineExceeded))));
        }
        let reason = this.caller.exchange.stopped().unwrap_or(CancelReason::Ended);
        match ended {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ended::Panicked) => Poll::Ready(Some(this.cut_short(BodyError::Panicked))),
            Poll::Ready(Ended::ByItself | Ended::Cancelled) => {
                Poll::Ready(Some(this.cut_short(BodyError::Stopped(reason))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.caller.exchange.is_at_end()
    }

    fn size_hint(&self) -> SizeHint {
        self.caller.exchange.size_hint()
    }
}
