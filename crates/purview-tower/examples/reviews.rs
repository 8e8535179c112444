//! A client made of reqwest's: it says how long the answer may take, and tries again when the server asks for that, but
//! never past the deadline.
//!
//! Everything runs on the loopback interface: `cargo run -p purview-tower --example reviews`.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    http::{HeaderMap, HeaderName, StatusCode, header::RETRY_AFTER},
    routing::get,
};
use http_body_util::BodyExt;
use purview::settled;
use purview_tower::{Backoff, Client, Header, client, server};
use tokio::net::TcpListener;
use tower::{Service, ServiceExt};

const TIMEOUT: Header = Header("x-request-timeout-ms");
const MARGIN: Duration = Duration::from_millis(5);

type Error = Box<dyn std::error::Error + Send + Sync>;
type Request = http::Request<reqwest::Body>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    print!("{}", run(Duration::from_secs(5)).await?);
    Ok(())
}

/// Asks for two pages, each with this timeout.
pub(crate) async fn run(timeout: Duration) -> Result<String, Error> {
    let (service, driver) = settled::<Infallible>().name("reviews").open();
    let driver = tokio::spawn(driver);
    let app = Router::new()
        .route("/latest", get(latest))
        .route("/archive", get(archive))
        .layer(server(&service).deadline(TIMEOUT));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let served = tokio::spawn(async move { axum::serve(listener, app).await });

    let mut lines = String::new();
    let http = client(Reqwest(reqwest::Client::new()), TIMEOUT).early(MARGIN);
    for page in ["latest", "archive"] {
        let fetched = purview::timeout(timeout, fetch(http.clone(), address, page)).await?;
        let line = fetched.unwrap_or_else(|error| error.to_string());
        lines.extend([page, ": ", &line, "\n"]);
    }
    drop(service.shutdown(timeout).await);
    drop(driver.await?);
    served.abort();
    Ok(lines)
}

/// reqwest's client has requests and responses of its own; they are made of those of `http`, and into them.
#[derive(Clone)]
struct Reqwest(reqwest::Client);

impl Service<Request> for Reqwest {
    type Response = http::Response<reqwest::Body>;
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, reqwest::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), reqwest::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let client = self.0.clone();
        Box::pin(async move { client.execute(request.try_into()?).await.map(http::Response::from) })
    }
}

/// The page, at the first attempt at which the server is not busy.
async fn fetch(http: Client<Reqwest>, address: SocketAddr, page: &str) -> Result<String, Error> {
    let backoff = Backoff::new();
    let delays = [10, 20, 40].map(Duration::from_millis);
    let attempt = || async {
        let request = http::Request::get(format!("http://{address}/{page}"));
        let request = request.body(reqwest::Body::default()).map_err(Failed::for_good)?;
        let response = http.clone().oneshot(request).await.map_err(Failed::for_good)?;
        let (head, body) = response.into_parts();
        if !head.status.is_success() {
            return Err(Failed::with(head.status, head.headers));
        }
        let bytes = body.collect().await.map_err(Failed::for_good)?.to_bytes();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let tried = purview::retry(backoff.delays(delays), attempt);
    let busy = |failed: &Failed| failed.headers.as_ref().is_some_and(|headers| backoff.allows(headers));
    tried.when(busy).await.map_err(Error::from)
}

/// A failure, with the headers of the response where another attempt may help.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
struct Failed {
    error: Error,
    headers: Option<HeaderMap>,
}

impl Failed {
    fn for_good(error: impl Into<Error>) -> Self {
        Self {
            error: error.into(),
            headers: None,
        }
    }

    fn with(status: StatusCode, headers: HeaderMap) -> Self {
        let again = matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
        Self {
            error: status.to_string().into(),
            headers: again.then_some(headers),
        }
    }
}

type Busy = (StatusCode, [(HeaderName, &'static str); 1]);

fn busy(seconds: &'static str) -> Busy {
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, seconds)])
}

/// Busy when it is first asked.
async fn latest() -> Result<&'static str, Busy> {
    static ASKED: AtomicBool = AtomicBool::new(false);
    if ASKED.swap(true, SeqCst) {
        Ok("seven reviews")
    } else {
        Err(busy("1"))
    }
}

/// Busy for longer than any caller waits.
async fn archive() -> Busy {
    busy("3600")
}
