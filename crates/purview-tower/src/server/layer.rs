use std::{borrow::Cow, fmt, str::FromStr, sync::Arc, time::Duration};

use http::request::Parts;
use purview_core::{ContextKey, Limit, Scope, Settled};
use tower_layer::Layer;

use super::{
    held_up::{HeldUp, Watch},
    options::{IntoAnswer, OnDisconnect, Options, Places},
    service::Serve,
};
use crate::{
    context::Carried,
    deadline::{Deadline, name},
};

/// Makes each request a member of `scope`: a guest that the server polls, and that the scope owns.
///
/// The scope is the service's, an [open](purview_core::Builder::open) one, whose driver is polled in a task of its own.
/// Each request then
///
/// - has a scope of its own inside, with the deadline that the request came with, which
///   [`deadline`](purview_core::deadline) and [`remaining`](purview_core::remaining) see and every scope and
///   [client](crate::client) in it inherits;
/// - is cancelled in two phases when its client disconnects, so that finalizers and shields run;
/// - is told of a [`shutdown`](purview_core::Scope::shutdown), waited for by it, and listed in its report. Requests that
///   come later are answered with 503 and `Connection: close`.
///
/// A handler that panics is answered with 500, or with gRPC's `INTERNAL`; the service continues. What a handler returns,
/// errors too, is no failure of the scope.
///
/// # Examples
///
/// ```
/// use purview_core::{Scope, Settled, settled};
/// use purview_tower::{Finish, GrpcTimeout, server};
/// use std::{convert::Infallible, time::Duration};
/// use tower_layer::Layer;
/// # #[derive(Clone)] struct Handler;
///
/// let (service, driver) = settled::<Infallible>().name("service").open();
/// # drop(driver); // or: tokio::spawn(driver)
/// let layer = server(&service)
///     .deadline(GrpcTimeout)
///     .at_most(Duration::from_secs(30))
///     .on_disconnect(Finish { grace: Duration::from_secs(2) })
///     .name(|request| request.uri.path().to_owned());
/// let handler = layer.layer(Handler); // or: Router::layer(layer)
/// # drop(handler);
/// ```
pub fn server<E: Send + 'static>(scope: &Scope<'static, Settled<E>>) -> Server<E> {
    let (watch, scope_name) = Watch::new(scope);
    Server {
        scope: scope.clone(),
        watch,
        options: Options {
            scope_name,
            ..Options::default()
        },
    }
}

/// The layer that [`server`] makes.
#[must_use = "a layer does nothing until it is put around a service"]
pub struct Server<E> {
    scope: Scope<'static, Settled<E>>,
    watch: Watch,
    options: Options,
}

impl<E> Server<E> {
    /// Where the deadline of a request comes from. Default: nowhere.
    ///
    /// A header that is malformed, or there twice, is refused: with 400, or with gRPC's `INTERNAL` as grpc-go does. A
    /// timeout of zero is answered as expired without a call.
    ///
    /// # Panics
    ///
    /// Where a [`Header`](crate::Header) has no valid name.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::settled;
    /// use purview_tower::GrpcTimeout;
    ///
    /// let (service, _driver) = settled::<()>().open();
    /// let layer = purview_tower::server(&service).deadline(GrpcTimeout);
    /// # drop(layer);
    /// ```
    #[track_caller]
    pub fn deadline(mut self, deadline: impl Deadline) -> Self {
        self.options.deadline = Some(deadline.source());
        self
    }

    /// No request may take longer, whatever it says; one that says nothing may take so long. Default: no bound.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::settled;
    /// use std::time::Duration;
    ///
    /// let (service, _driver) = settled::<()>().open();
    /// let layer = purview_tower::server(&service).at_most(Duration::from_secs(30));
    /// # drop(layer);
    /// ```
    pub fn at_most(mut self, timeout: Duration) -> Self {
        self.options.at_most = Some(timeout);
        self
    }

    /// Answers so much earlier than the request's header says, so that the answer is there before the peer's own timer.
    /// Default: zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::settled;
    /// use purview_tower::GrpcTimeout;
    /// use std::time::Duration;
    ///
    /// let (service, _driver) = settled::<()>().open();
    /// let layer = purview_tower::server(&service).deadline(GrpcTimeout).early(Duration::from_millis(5));
    /// # drop(layer);
    /// ```
    pub fn early(mut self, margin: Duration) -> Self {
        self.options.early = margin;
        self
    }

    /// What happens to a request whose client has left. Default: [`OnDisconnect::FinishWithinScope`].
    ///
    /// The grace of [`Finish`](OnDisconnect::Finish) bounds the clean-up after an expiry too, and under
    /// [`Drop`](OnDisconnect::Drop) there is none. A shutdown has a grace of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::settled;
    /// use purview_tower::Finish;
    /// use std::time::Duration;
    ///
    /// let (service, _driver) = settled::<()>().open();
    /// let layer = purview_tower::server(&service).on_disconnect(Finish { grace: Duration::from_secs(2) });
    /// # drop(layer);
    /// ```
    pub fn on_disconnect(mut self, on_disconnect: OnDisconnect) -> Self {
        self.options.disconnect = on_disconnect;
        self
    }

    /// What answers a request that was not handled in time; it is given the head of the request. Default: 504, or a
    /// gRPC response without a body and the status `DEADLINE_EXCEEDED`.
    ///
    /// The answer does not wait for the clean-up, nor for the turn of a request that waits under a limit of the scope.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::settled;
    /// use http::StatusCode;
    ///
    /// let (service, _driver) = settled::<()>().open();
    /// let layer = purview_tower::server(&service).on_expiry(|_| StatusCode::SERVICE_UNAVAILABLE);
    /// # drop(layer);
    /// ```
    pub fn on_expiry<F, A>(mut self, answer: F) -> Self
    where
        F: Fn(&Parts) -> A + Send + Sync + 'static,
        A: IntoAnswer,
    {
        self.options.expiry = Some(Arc::new(move |parts| answer(parts).into_answer()));
        self
    }

    /// Is called, once, where the driver of the scope has not been polled a second after the first request came, or was
    /// dropped before it was polled. Default: a line on the standard error.
    ///
    /// Without its driver a scope answers requests, or some of them, but no clean-up runs and no shutdown ends. The call
    /// comes from a thread of its own, which exists only where the first request comes before the driver's first poll.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::settled;
    ///
    /// let (service, _driver) = settled::<()>().open();
    /// let layer = purview_tower::server(&service).on_held_up(|held_up| eprintln!("{held_up}"));
    /// # drop(layer);
    /// ```
    pub fn on_held_up(mut self, report: impl Fn(&HeldUp) + Send + Sync + 'static) -> Self {
        self.options.held_up = Some(Arc::new(report));
        self
    }

    /// So many requests may be under way; one more is answered at once with 503, or with gRPC's `UNAVAILABLE`. Default:
    /// no bound.
    ///
    /// A request counts until its clean-up has ended. Clones of the layer and the services made from it share the
    /// places. A [limit](purview_core::Builder::limit) of the scope's makes requests queue instead.
    ///
    /// # Panics
    ///
    /// For a limit of zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::settled;
    ///
    /// let (service, _driver) = settled::<()>().open();
    /// let layer = purview_tower::server(&service).limit(1_000);
    /// # drop(layer);
    /// ```
    #[track_caller]
    pub fn limit(mut self, limit: impl Limit) -> Self {
        self.options.places = Some(Places::new(limit.into_limit().get()));
        self
    }

    /// Whether the request lasts until the body of its response has been sent or dropped: its scope, deadline and place
    /// then end with the body, which is polled inside. For streams, server-sent events and server streaming. Default:
    /// `false`.
    ///
    /// A server does not poll a body while the client does not read. The deadline cuts the request all the same, a little
    /// later, where the scope's runtime has an executor; else the next poll or a shutdown does.
    ///
    /// A body that is cut short never looks complete: it ends in a [`BodyError`](crate::BodyError), or in gRPC's trailers
    /// with a status.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::settled;
    ///
    /// let (service, _driver) = settled::<()>().open();
    /// let layer = purview_tower::server(&service).body(true);
    /// # drop(layer);
    /// ```
    pub fn body(mut self, with_body: bool) -> Self {
        self.options.with_body = with_body;
        self
    }

    /// How requests are called, in reports and by [`current`](purview_core::current). Default: the name of the scope and
    /// a number.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::settled;
    ///
    /// let (service, _driver) = settled::<()>().open();
    /// let layer = purview_tower::server(&service).name(|request| request.uri.path().to_owned());
    /// # drop(layer);
    /// ```
    pub fn name<F, N>(mut self, name: F) -> Self
    where
        F: Fn(&Parts) -> N + Send + Sync + 'static,
        N: Into<Cow<'static, str>>,
    {
        self.options.name = Some(Arc::new(move |parts| name(parts).into()));
        self
    }

    /// Binds the value of a header to a context key, such as `traceparent` or a request's id. May be given several times.
    ///
    /// A header that is missing, or whose value is not UTF-8 or does not parse, binds nothing. The values of one that is
    /// there several times, as `baggage` may be, are one list, separated by commas.
    ///
    /// # Panics
    ///
    /// Where `header` is no name of a header.
    ///
    /// # Examples
    ///
    /// ```
    /// use purview_core::{context_key, settled};
    ///
    /// context_key! { static TRACE: String; }
    ///
    /// let (service, _driver) = settled::<()>().open();
    /// let layer = purview_tower::server(&service).context("traceparent", &TRACE);
    /// # drop(layer);
    /// ```
    #[track_caller]
    pub fn context<T>(mut self, header: &str, key: &'static ContextKey<T>) -> Self
    where
        T: FromStr + Send + Sync + 'static,
    {
        self.options.context.push(Carried::read(name(header), key));
        self
    }
}

impl<E> Clone for Server<E> {
    fn clone(&self) -> Self {
        Self {
            scope: self.scope.clone(),
            watch: self.watch.clone(),
            options: self.options.clone(),
        }
    }
}

impl<E> fmt::Debug for Server<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("scope", &self.scope)
            .field("options", &self.options)
            .finish()
    }
}

impl<S, E> Layer<S> for Server<E> {
    type Service = Serve<S, E>;

    fn layer(&self, inner: S) -> Serve<S, E> {
        Serve::new(
            inner,
            self.scope.clone(),
            self.watch.clone(),
            Arc::new(self.options.clone()),
        )
    }
}
