//! A gRPC service that asks the next one, written by hand as `tonic-build` would write it.

use std::{
    convert::Infallible,
    future::pending,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, StreamExt, stream};
use http::uri::PathAndQuery;
use purview::{Report, Scope, Settled, fail_fast, remaining, settled};
use purview_tower::{Client, GrpcTimeout, client, server};
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{
    Request, Response, Status, Streaming,
    body::Body,
    server::NamedService,
    transport::{Channel, Endpoint, Server, server::TcpIncoming},
};
use tonic_prost::ProstCodec;

use crate::counts::{Counts, LONG};

/// What each hop subtracts, so that it answers before its caller's deadline.
pub(crate) const MARGIN: Duration = Duration::from_millis(5);

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Ask {
    /// The last hop does not answer.
    #[prost(bool, tag = "1")]
    pub(crate) wait: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Told {
    /// What was left of the deadline at each hop, the first one first, in microseconds.
    #[prost(uint64, repeated, tag = "1")]
    pub(crate) left: Vec<u64>,
}

/// One of the services of a chain.
pub(crate) struct Hop {
    pub(crate) address: SocketAddr,
    pub(crate) counts: Counts,
    scope: Scope<'static, Settled<Infallible>>,
    driver: JoinHandle<()>,
    served: JoinHandle<()>,
}

impl Hop {
    /// Serves, and asks `next` if there is one.
    pub(crate) async fn serve(name: &'static str, next: Option<SocketAddr>) -> Self {
        let (scope, driver) = settled().name(name).open();
        let driver = tokio::spawn(async move { assert!(driver.await.is_ok()) });
        let counts = Counts::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let handler = Handler {
            counts: counts.clone(),
            next: next.map(Asking::new),
        };
        let layer = server(&scope)
            .deadline(GrpcTimeout)
            .early(MARGIN)
            .body(true)
            .name(|request| request.uri.path().to_owned());
        let serving = Server::builder()
            .layer(layer)
            .add_service(handler)
            .serve_with_incoming(TcpIncoming::from(listener));
        let served = tokio::spawn(async move { serving.await.unwrap() });
        Self {
            address,
            counts,
            scope,
            driver,
            served,
        }
    }

    /// Three services, each asking the next.
    pub(crate) async fn chain() -> [Self; 3] {
        let c = Self::serve("c", None).await;
        let b = Self::serve("b", Some(c.address)).await;
        let a = Self::serve("a", Some(b.address)).await;
        [a, b, c]
    }

    /// Refuses new requests, and waits for those under way.
    pub(crate) async fn drain(&self) -> Report {
        self.scope.shutdown(LONG).await
    }

    pub(crate) async fn shut_down(self) -> (Report, Counts) {
        let report = self.drain().await;
        self.driver.await.unwrap();
        self.served.abort();
        (report, self.counts)
    }
}

/// A client of such a service.
#[derive(Clone)]
pub(crate) struct Asking(Client<Channel>);

impl Asking {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        Self(client(endpoint.connect_lazy(), GrpcTimeout).early(MARGIN))
    }

    pub(crate) async fn ask(&self, ask: Ask) -> Result<Told, Status> {
        let mut grpc = tonic::client::Grpc::new(self.0.clone());
        grpc.ready()
            .await
            .map_err(|error| Status::from_error(Box::new(error)))?;
        let path = PathAndQuery::from_static("/hop.Hop/Ask");
        let codec = ProstCodec::<Ask, Told>::default();
        grpc.unary(Request::new(ask), path, codec)
            .await
            .map(Response::into_inner)
    }

    pub(crate) async fn watch(&self, ask: Ask) -> Result<Streaming<Told>, Status> {
        let mut grpc = tonic::client::Grpc::new(self.0.clone());
        grpc.ready()
            .await
            .map_err(|error| Status::from_error(Box::new(error)))?;
        let path = PathAndQuery::from_static("/hop.Hop/Watch");
        let codec = ProstCodec::<Ask, Told>::default();
        grpc.server_streaming(Request::new(ask), path, codec)
            .await
            .map(Response::into_inner)
    }
}

#[derive(Clone)]
struct Handler {
    counts: Counts,
    next: Option<Asking>,
}

impl Handler {
    async fn ask(self, ask: Ask) -> Result<Told, Status> {
        let mut left = vec![micros()];
        let told = cleaning(&self.counts, async {
            match &self.next {
                Some(next) => next.ask(ask).await,
                None if ask.wait => pending().await,
                None => Ok(Told::default()),
            }
        })
        .await?;
        left.extend(told.left);
        Ok(Told { left })
    }

    async fn watch(self, ask: Ask) -> Result<Tolds, Status> {
        Ok(match self.next.clone() {
            Some(next) => next.watch(ask).await?.boxed(),
            None => stream::iter(0..3)
                .map(|_| Ok(Told { left: vec![micros()] }))
                .chain(tail(self.counts))
                .boxed(),
        })
    }
}

type Tolds = stream::BoxStream<'static, Result<Told, Status>>;

/// The end of a stream, which never comes.
fn tail(counts: Counts) -> impl Stream<Item = Result<Told, Status>> {
    stream::once(async move { cleaning(&counts, pending()).await })
}

/// Runs `work` in a scope that cleans up, and counts both.
async fn cleaning(counts: &Counts, work: impl Future<Output = Result<Told, Status>>) -> Result<Told, Status> {
    let deferred = counts.clone();
    fail_fast()
        .run(async |s| {
            counts.begin();
            s.defer(async move {
                purview::sleep(Duration::from_millis(1)).await;
                deferred.clean();
            });
            work.await
        })
        .await
        .map_err(|error| {
            let text = error.to_string();
            error
                .into_failures()
                .into_iter()
                .find_map(status)
                .unwrap_or_else(|| Status::aborted(text))
        })
}

fn status(failure: purview::Failure<Status>) -> Option<Status> {
    match failure.error {
        purview::TaskError::Failed(status) => Some(status),
        _ => None,
    }
}

fn micros() -> u64 {
    remaining().map_or(u64::MAX, |left| left.as_micros().try_into().unwrap_or(u64::MAX))
}

impl NamedService for Handler {
    const NAME: &'static str = "hop.Hop";
}

impl tower::Service<http::Request<Body>> for Handler {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let handler = self.clone();
        let mut grpc = tonic::server::Grpc::new(ProstCodec::<Told, Ask>::default());
        if request.uri().path().ends_with("/Watch") {
            let watch = tower::service_fn(move |ask: Request<Ask>| {
                let watching = handler.clone().watch(ask.into_inner());
                async { watching.await.map(Response::new) }
            });
            return Box::pin(async move { Ok(grpc.server_streaming(watch, request).await) });
        }
        let ask = tower::service_fn(move |ask: Request<Ask>| {
            let asking = handler.clone().ask(ask.into_inner());
            async { asking.await.map(Response::new) }
        });
        Box::pin(async move { Ok(grpc.unary(ask, request).await) })
    }
}
