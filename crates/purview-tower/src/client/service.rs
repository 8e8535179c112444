use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use http_body::Body;
use purview_core::{ContextKey, remaining};
use tower_service::Service;

use super::{error::CallError, future::CallFuture};
use crate::{
    body::ResponseBody,
    context::Carried,
    deadline::{DeadlineHeader, Wire, is_grpc, name},
};

/// Writes what is left of the deadline of the scopes around into each request to `service`.
///
/// The deadline is the caller's, as [`remaining`] gives it where the service is called; inside a handler behind
/// [`server`](crate::server) that is the deadline the request came with, so it shrinks from hop to hop, and never grows.
/// A request that names an earlier one keeps it. Where no scope around has a deadline, nothing is written.
///
/// Where nothing is left the service is not called: the answer is [`CallError::DeadlineExceeded`], or a gRPC response with
/// the status `DEADLINE_EXCEEDED`. A call under way ends with the task that made it: a scope that is cancelled, or whose
/// deadline passes, drops it.
///
/// # Examples
///
/// ```
/// use purview_tower::{Header, client};
/// use std::time::Duration;
/// # #[derive(Clone)] struct Upstream;
///
/// let upstream = client(Upstream, Header("x-request-timeout-ms")).early(Duration::from_millis(5));
/// # drop(upstream);
/// ```
///
/// # Panics
///
/// Where a [`Header`](crate::Header) has no valid name.
#[track_caller]
pub fn client<S>(service: S, header: impl DeadlineHeader) -> Client<S> {
    Client {
        inner: service,
        options: Arc::new(Options {
            wire: header.wire(),
            early: Duration::ZERO,
            context: Vec::new(),
        }),
    }
}

/// The service that [`client`] makes.
#[derive(Clone)]
pub struct Client<S> {
    inner: S,
    options: Arc<Options>,
}

#[derive(Clone, Debug)]
struct Options {
    wire: Wire,
    early: Duration,
    context: Vec<Carried>,
}

impl<S> Client<S> {
    /// Subtracts so much from the time that is left, so that the peer answers before the caller's deadline. Default: zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_tower::{GrpcTimeout, client};
    /// use std::time::Duration;
    /// # #[derive(Clone)] struct Upstream;
    ///
    /// let upstream = client(Upstream, GrpcTimeout).early(Duration::from_millis(5));
    /// # drop(upstream);
    /// ```
    pub fn early(mut self, margin: Duration) -> Self {
        Arc::make_mut(&mut self.options).early = margin;
        self
    }

    /// Hands the value of a context key on as a header, where it is bound and the request has no such header. May be
    /// given several times.
    ///
    /// # Panics
    ///
    /// Where `header` is no name of a header.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::context_key;
    /// use purview_tower::{GrpcTimeout, client};
    /// # #[derive(Clone)] struct Upstream;
    ///
    /// context_key! { static TRACE: String; }
    ///
    /// let upstream = client(Upstream, GrpcTimeout).context("traceparent", &TRACE);
    /// # drop(upstream);
    /// ```
    #[track_caller]
    pub fn context<T>(mut self, header: &str, key: &'static ContextKey<T>) -> Self
    where
        T: fmt::Display + Send + Sync + 'static,
    {
        let carried = Carried::write(name(header), key);
        Arc::make_mut(&mut self.options).context.push(carried);
        self
    }
}

impl<S, Q, B> Service<Request<Q>> for Client<S>
where
    S: Service<Request<Q>, Response = Response<B>>,
    B: Body,
{
    type Response = Response<ResponseBody<B>>;
    type Error = CallError<S::Error>;
    type Future = CallFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(CallError::Service)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        let options = &*self.options;
        if let Some(left) = remaining().map(|left| left.saturating_sub(options.early)) {
            if options.wire.is_used_up(left) {
                return CallFuture::used_up(is_grpc(request.headers()));
            }
            options.wire.write(request.headers_mut(), left);
        }
        for carried in &options.context {
            carried.fill_in(request.headers_mut());
        }
        CallFuture::made(self.inner.call(request))
    }
}

impl<S> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
