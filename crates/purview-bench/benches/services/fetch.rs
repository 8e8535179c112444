use std::net::SocketAddr;

use axum::{
    body::Body,
    http::{Request, Response},
};
use http_body_util::BodyExt;
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::TokioExecutor,
};
use tower::{Service, ServiceExt};

pub(crate) type Http = legacy::Client<HttpConnector, Body>;
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// A client with a pool of connections.
pub(crate) fn http() -> Http {
    legacy::Client::builder(TokioExecutor::new()).build_http()
}

/// One part of a page.
pub(crate) async fn fetch<S, B>(http: S, upstreams: SocketAddr, name: &'static str) -> Result<String, Error>
where
    S: Service<Request<Body>, Response = Response<B>, Error: Into<Error>>,
    B: axum::body::HttpBody<Error: Into<Error>>,
{
    let request = Request::get(format!("http://{upstreams}/{name}")).body(Body::empty())?;
    let response = http.oneshot(request).await.map_err(Into::into)?;
    let bytes = response.into_body().collect().await.map_err(Into::into)?.to_bytes();
    Ok(String::from_utf8(bytes.into())?)
}
