//! The inside of a request: what runs as a member of the service's scope.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use http::{Request, Response};
use http_body::Body;
use purview_core::{deadline, fail_fast, runtime};
use tower_service::Service;

use super::{
    exchange::{Exchange, Reply, Sent},
    overdue::Due,
};
use crate::context::Handling;

/// Calls the service, hands its answer over, and where that was asked for its body too.
pub(super) async fn handle<S, Q, B>(
    mut inner: S,
    request: Request<Q>,
    exchange: Arc<Exchange<B, S::Error>>,
    with_body: bool,
) where
    S: Service<Request<Q>, Response = Response<B>>,
    B: Body,
{
    let response = match inner.call(request).await {
        Ok(response) => response,
        Err(error) => return exchange.answer(Err(error)),
    };
    let (parts, body) = response.into_parts();
    if !with_body || body.is_end_stream() {
        return exchange.answer(Ok(Response::from_parts(parts, Reply::Whole(body))));
    }
    exchange.hint(body.size_hint());
    if let Some(at) = deadline() {
        let runtime = runtime::current();
        exchange.due(Due { at, runtime });
    }
    exchange.answer(Ok(Response::from_parts(parts, Reply::Frames)));
    send(body, &exchange).await;
}

/// Polls the body whenever a frame is wanted.
async fn send<B: Body, E>(body: B, exchange: &Exchange<B, E>) {
    let mut body = pin!(body);
    while exchange.wanted().await {
        let Ok(frame) = next(body.as_mut(), exchange).await else {
            return;
        };
        match frame {
            Some(frame) => {
                let last = frame.is_err() || body.is_end_stream();
                exchange.put(frame, body.size_hint(), last);
                if last {
                    return;
                }
            }
            None => return exchange.end(),
        }
    }
}

/// The response was dropped meanwhile.
struct Left;

async fn next<B: Body, E>(mut body: Pin<&mut B>, exchange: &Exchange<B, E>) -> Result<Option<Sent<B>>, Left> {
    poll_fn(|cx| {
        if exchange.poll_left(cx) {
            return Poll::Ready(Err(Left));
        }
        body.as_mut().poll_frame(cx).map(Ok)
    })
    .await
}

/// How long a request may take, and its clean-up.
pub(super) struct Allowance {
    /// The time that it waits for its turn counts.
    pub(super) due: Option<Due>,
    pub(super) grace: Option<Duration>,
}

/// Runs the handling of a request in a scope of its own, which has the deadline and the grace. Without either the scope
/// of the service is enough.
pub(super) async fn within<B: Body, E>(allowance: Allowance, handling: Handling, exchange: Arc<Exchange<B, E>>) {
    if allowance.due.is_none() && allowance.grace.is_none() {
        return handling.await;
    }
    let mut scope = fail_fast::<Infallible>();
    if let Some(due) = allowance.due {
        scope = scope.timeout(due.left());
    }
    if let Some(grace) = allowance.grace {
        scope = scope.grace(grace);
    }
    let run = scope.run(|s| {
        exchange.begin(s.token());
        async move {
            handling.await;
            Ok(())
        }
    });
    if let Err(error) = run.await {
        exchange.stop(error.reason().clone());
    }
}
