use std::{
    fmt, mem,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use http_body::Body;
use purview_core::{Scope, Settled};
use tower_service::Service;

use super::{
    answer::Asked,
    caller::{Caller, Way},
    exchange::Exchange,
    future::ResponseFuture,
    handler::{Allowance, handle, within},
    held_up::Watch,
    options::{OnDisconnect, Options, Place, Places},
    overdue::Due,
};
use crate::{body::ResponseBody, context::Handling};

/// A service whose requests are members of a scope: what the layer [`Server`](crate::Server) makes.
pub struct Serve<S, E> {
    inner: S,
    scope: Scope<'static, Settled<E>>,
    watch: Watch,
    options: Arc<Options>,
}

impl<S, E> Serve<S, E> {
    pub(super) fn new(inner: S, scope: Scope<'static, Settled<E>>, watch: Watch, options: Arc<Options>) -> Self {
        Self {
            inner,
            scope,
            watch,
            options,
        }
    }
}

impl<S: Clone, E> Clone for Serve<S, E> {
    fn clone(&self) -> Self {
        Self::new(
            self.inner.clone(),
            self.scope.clone(),
            self.watch.clone(),
            self.options.clone(),
        )
    }
}

impl<S, E> fmt::Debug for Serve<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("scope", &self.scope)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl<S, Q, B, E> Service<Request<Q>> for Serve<S, E>
where
    S: Service<Request<Q>, Response = Response<B>, Future: Send, Error: Send + 'static> + Clone + Send + 'static,
    Q: Send + 'static,
    B: Body<Data: Send, Error: Send> + Send + 'static,
    E: Send + 'static,
{
    type Response = Response<ResponseBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<B, S::Error, E>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        // The one that said it was ready is the one to call.
        let clone = self.inner.clone();
        let inner = mem::replace(&mut self.inner, clone);
        let (parts, body) = request.into_parts();
        let options = &*self.options;
        self.watch
            .request(options.scope_name.as_ref(), options.held_up.as_ref());
        let asked = Asked::new(&parts, options.expiry.as_ref());
        let timeout = match options.timeout(&parts.headers) {
            Ok(timeout) => timeout,
            Err(malformed) => return ResponseFuture::answered(asked.malformed(&malformed)),
        };
        if timeout == Some(Duration::ZERO) {
            return ResponseFuture::answered(asked.expired());
        }
        let place = match options.places.as_ref().map(Places::take) {
            None => None,
            Some(Some(place)) => Some(place),
            Some(None) => return ResponseFuture::answered(asked.busy()),
        };
        let name = options.name.as_ref().map(|name| name(&parts));
        let headers = (!options.context.is_empty()).then(|| parts.headers.clone());
        let due = timeout.and_then(|timeout| Due::after(timeout, self.watch.runtime()));
        let allowance = Allowance {
            due: due.clone(),
            grace: options.grace(),
        };
        let exchange = Exchange::new();
        let request = Request::from_parts(parts, body);
        let mut handling: Handling = Box::pin(handle(inner, request, exchange.clone(), options.with_body));
        if let Some(headers) = headers {
            for carried in &options.context {
                handling = carried.bind(&headers, handling);
            }
        }
        let running = run(self.watch.clone(), allowance, handling, exchange.clone(), place);
        let task = self.scope.task();
        let task = match name {
            Some(name) => task.name(name),
            None => task,
        };
        let way = match options.disconnect {
            OnDisconnect::RunOn => Way::Child(task.parallel().spawn(running)),
            _ => Way::Guest(task.enter(running)),
        };
        ResponseFuture::running(Caller::new(way, exchange, due), asked)
    }
}

/// The member of the scope. It never fails: what the service answers is no matter of the scope's.
async fn run<B: Body, Err, E>(
    watch: Watch,
    allowance: Allowance,
    handling: Handling,
    exchange: Arc<Exchange<B, Err>>,
    place: Option<Place>,
) -> Result<(), E> {
    watch.note_runtime();
    drop(watch);
    within(allowance, handling, exchange).await;
    drop(place);
    Ok(())
}
