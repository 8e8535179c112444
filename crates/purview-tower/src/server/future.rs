use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use http::Response;
use http_body::Body;

use super::{
    answer::Asked,
    caller::{Caller, Ended},
    exchange::Reply,
    sender::Sender,
};
use crate::body::ResponseBody;

/// The response to a request that passed through a [`Server`](crate::Server) layer.
///
/// **Dropping it**, as a server does when the client has left, does what [`on_disconnect`](crate::Server::on_disconnect)
/// says.
#[must_use = "futures do nothing until awaited"]
pub struct ResponseFuture<B: Body, Err, E>(State<B, Err, E>);

enum State<B: Body, Err, E> {
    Running { caller: Caller<B, Err, E>, asked: Asked },
    Answered(Response<()>),
    Over,
}

impl<B: Body, Err, E> ResponseFuture<B, Err, E> {
    pub(super) fn running(caller: Caller<B, Err, E>, asked: Asked) -> Self {
        Self(State::Running { caller, asked })
    }

    pub(super) fn answered(response: Response<()>) -> Self {
        Self(State::Answered(response))
    }
}

impl<B: Body, Err, E> Unpin for ResponseFuture<B, Err, E> {}

impl<B, Err, E> Future for ResponseFuture<B, Err, E>
where
    B: Body<Data: Send, Error: Send> + Send + 'static,
    Err: Send + 'static,
    E: Send + 'static,
{
    type Output = Result<Response<ResponseBody<B>>, Err>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let state = &mut self.get_mut().0;
        let answer = match state {
            State::Running { caller, asked } => {
                let ended = caller.poll(cx);
                if let Some(answer) = caller.exchange.take_answer() {
                    return Poll::Ready(answer.map(|response| deliver(state, response)));
                }
                // The clean-up, if there is any, continues without what waits for the answer.
                if caller.is_expired(&ended, cx) {
                    asked.expired()
                } else {
                    match ended {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(Ended::Panicked) => asked.panicked(),
                        Poll::Ready(Ended::ByItself | Ended::Cancelled) => asked.unavailable(),
                    }
                }
            }
            State::Answered(response) => std::mem::take(response),
            State::Over => panic!("a response must not be polled after it has been given"),
        };
        *state = State::Over;
        Poll::Ready(Ok(answer.map(|()| ResponseBody::empty())))
    }
}

/// Hands a response over, and with it what is still to be sent.
fn deliver<B, Err, E>(state: &mut State<B, Err, E>, response: Response<Reply<B>>) -> Response<ResponseBody<B>>
where
    B: Body<Data: Send, Error: Send> + Send + 'static,
    Err: Send + 'static,
    E: Send + 'static,
{
    let running = std::mem::replace(state, State::Over);
    response.map(|reply| match (reply, running) {
        (Reply::Whole(body), _) => ResponseBody::whole(body),
        (Reply::Frames, State::Running { caller, asked }) => ResponseBody::scoped(Sender::new(caller, asked.is_grpc())),
        (Reply::Frames, _) => ResponseBody::empty(),
    })
}

impl<B: Body, Err, E> fmt::Debug for ResponseFuture<B, Err, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.0 {
            State::Running { .. } => "running",
            State::Answered(_) => "answered",
            State::Over => "over",
        };
        f.debug_struct("ResponseFuture")
            .field("state", &state)
            .finish_non_exhaustive()
    }
}
