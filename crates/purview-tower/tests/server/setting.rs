//! A service scope whose driver runs, and requests to services that are functions.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use purview::{Scope, Settled, settled};
use purview_tower::{ResponseBody, Serve, Server};
use tower::{Layer, Service, ServiceExt};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const GRPC: &str = "application/grpc";

pub(crate) type Open = Scope<'static, Settled<Infallible>>;
pub(crate) type Answer = Response<ResponseBody<Full<Bytes>>>;

/// A service scope, its driver in a task of its own.
pub(crate) fn open() -> Open {
    let (service, driver) = settled().name("service").open();
    drop(tokio::spawn(driver));
    service
}

/// A request with these headers.
pub(crate) fn request(headers: &[(&'static str, &'static str)]) -> Request<()> {
    let mut request = Request::new(());
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request
}

/// A service that calls `handler` with each request, and gives the text it returns.
pub(crate) fn serve<F, Fut>(
    layer: &Server<Infallible>,
    handler: F,
) -> Serve<
    impl Service<Request<()>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + use<F, Fut>,
    Infallible,
>
where
    F: Fn(Request<()>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = String> + Send,
{
    layer.layer(tower::service_fn(move |request| {
        let text = handler(request);
        async move { Ok::<_, Infallible>(Response::new(Full::from(text.await))) }
    }))
}

/// What one request is answered with.
pub(crate) async fn ask<F, Fut>(layer: &Server<Infallible>, request: Request<()>, handler: F) -> Answer
where
    F: Fn(Request<()>) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = String> + Send + 'static,
{
    serve(layer, handler).oneshot(request).await.unwrap()
}

pub(crate) async fn text(answer: Answer) -> String {
    use http_body_util::BodyExt;
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.into()).unwrap()
}

pub(crate) fn grpc_status(headers: &HeaderMap) -> Option<&str> {
    headers.get("grpc-status")?.to_str().ok()
}

/// What happened, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn note(&self, event: &str) {
        self.0.lock().unwrap().push(event.to_owned());
    }

    pub(crate) fn entries(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn on_drop(&self, event: &'static str) -> impl Send + Sync + use<> {
        struct Notes(Log, &'static str);
        impl Drop for Notes {
            fn drop(&mut self) {
                self.0.note(self.1);
            }
        }
        Notes(self.clone(), event)
    }
}

/// Lets all tasks run until none can go on.
pub(crate) async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}
