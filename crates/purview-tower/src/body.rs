//! The body of a response that passed through a layer of this crate.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use purview_core::CancelReason;

pin_project! {
    /// The body of a response: the one that the service gave, or none where the layer answered itself.
    ///
    /// With [`.body(true)`](crate::Server::body) it is polled inside the scope of its request.
    ///
    /// **Dropping it** drops the service's body; with `.body(true)` it cancels the request, whose clean-up then runs in the
    /// service's driver.
    pub struct ResponseBody<B: Body> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProj]
    enum Kind<B: Body> {
        Empty,
        Whole { #[pin] body: B },
        Scoped { body: Pin<Box<dyn Body<Data = B::Data, Error = BodyError<B::Error>> + Send>> },
    }
}

impl<B: Body> ResponseBody<B> {
    pub(crate) fn empty() -> Self {
        Self { kind: Kind::Empty }
    }

    pub(crate) fn whole(body: B) -> Self {
        Self {
            kind: Kind::Whole { body },
        }
    }

    pub(crate) fn scoped(body: impl Body<Data = B::Data, Error = BodyError<B::Error>> + Send + 'static) -> Self {
        Self {
            kind: Kind::Scoped { body: Box::pin(body) },
        }
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = BodyError<B::Error>;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.project().kind.project() {
            KindProj::Empty => Poll::Ready(None),
            KindProj::Whole { body } => body
                .poll_frame(cx)
                .map(|frame| frame.map(|frame| frame.map_err(BodyError::Body))),
            KindProj::Scoped { body } => body.as_mut().poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Empty => true,
            Kind::Whole { body } => body.is_end_stream(),
            Kind::Scoped { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Whole { body } => body.size_hint(),
            Kind::Scoped { body } => body.size_hint(),
        }
    }
}

impl<B: Body> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Empty => "empty",
            Kind::Whole { .. } => "whole",
            Kind::Scoped { .. } => "scoped",
        };
        f.debug_struct("ResponseBody")
            .field("kind", &kind)
            .finish_non_exhaustive()
    }
}

/// Why a body ended before its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError<E> {
    /// The service's own error.
    #[error(transparent)]
    Body(E),
    /// Its request was stopped meanwhile: by its deadline, a shutdown or a cancellation.
    #[error("the response was cut short: {0}")]
    Stopped(CancelReason),
    /// It panicked. The panic went to the scope of the service.
    #[error("the response was cut short by a panic")]
    Panicked,
}
