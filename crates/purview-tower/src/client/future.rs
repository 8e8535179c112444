use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;

use super::error::CallError;
use crate::{body::ResponseBody, grpc};

pin_project! {
    /// The response to a call that a [`Client`](crate::Client) made, or refused to make.
    ///
    /// **Dropping it** drops the call, as the scope around does that is cancelled.
    #[must_use = "futures do nothing until awaited"]
    pub struct CallFuture<F> {
        #[pin]
        call: Call<F>,
    }
}

pin_project! {
    #[project = CallProj]
    enum Call<F> {
        Made { #[pin] future: F },
        Refused { grpc: bool },
    }
}

impl<F> CallFuture<F> {
    pub(super) fn made(future: F) -> Self {
        Self {
            call: Call::Made { future },
        }
    }

    /// Nothing is left. A client of gRPC understands a status better than an error of its transport.
    pub(super) fn used_up(grpc: bool) -> Self {
        Self {
            call: Call::Refused { grpc },
        }
    }
}

impl<F, B, E> Future for CallFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ResponseBody<B>>, CallError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().call.project() {
            CallProj::Made { future } => {
                let response = ready!(future.poll(cx)).map_err(CallError::Service);
                Poll::Ready(response.map(|response| response.map(ResponseBody::whole)))
            }
            CallProj::Refused { grpc: true } => {
                let response = grpc::trailers_only(grpc::Code::DeadlineExceeded, "deadline exceeded before the call");
                Poll::Ready(Ok(response.map(|()| ResponseBody::empty())))
            }
            CallProj::Refused { grpc: false } => Poll::Ready(Err(CallError::DeadlineExceeded)),
        }
    }
}

impl<F> fmt::Debug for CallFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture")
            .field("refused", &matches!(self.call, Call::Refused { .. }))
            .finish_non_exhaustive()
    }
}
