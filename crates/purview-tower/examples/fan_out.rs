//! A page that asks three upstreams at once and shows what has come in time.
//!
//! Everything runs on the loopback interface: `cargo run -p purview-tower --example fan_out`.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::Request,
    routing::get,
};
use http_body_util::BodyExt;
use hyper_util::{client::legacy, rt::TokioExecutor};
use purview::{TaskError, cancelled, gather, settled, shield, sleep};
use purview_tower::{Finish, Header, client, server};
use tokio::net::TcpListener;
use tower::ServiceExt;

/// How services on this network say how long a request may take.
const TIMEOUT: Header = Header("x-request-timeout-ms");
/// What a page takes for itself, after its upstreams.
const MARGIN: Duration = Duration::from_millis(50);
const GRACE: Duration = Duration::from_secs(5);

type Error = Box<dyn std::error::Error + Send + Sync>;
type Http = purview_tower::Client<legacy::Client<legacy::connect::HttpConnector, Body>>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    print!("{}", run(Duration::from_secs(1)).await?);
    Ok(())
}

/// Serves, asks once with this timeout, shuts down; gives the page and what became of the requests.
pub(crate) async fn run(timeout: Duration) -> Result<String, Error> {
    let (upstreams, stop_upstreams) = serve("upstreams", Router::new().route("/{name}", get(upstream))).await?;
    let pages = Pages {
        upstreams,
        http: http(),
    };
    let (address, stop) = serve("pages", Router::new().route("/", get(page)).with_state(pages)).await?;

    let page = purview::timeout(timeout, fetch(http(), address, "")).await??;
    let report = [stop.await?, stop_upstreams.await?].concat();
    Ok(format!("{page}{report}"))
}

#[derive(Clone)]
struct Pages {
    upstreams: SocketAddr,
    http: Http,
}

/// What has come by a little before the deadline of the request is the page.
async fn page(State(pages): State<Pages>) -> String {
    let names = ["prices", "stock", "reviews"];
    let asked = names.map(|name| fetch(pages.http.clone(), pages.upstreams, name));
    let mut all = gather(asked).settled();
    if let Some(left) = purview::remaining() {
        all = all.timeout(left.saturating_sub(MARGIN));
    }
    let lines = names.iter().zip(all.await).map(|(name, got)| match got {
        Ok(text) => format!("{name}: {text}\n"),
        Err(TaskError::Cancelled(reason)) => format!("{name}: not in time ({reason})\n"),
        Err(error) => format!("{name}: {error}\n"),
    });
    lines.collect()
}

/// Two are quick. The third one is cancelled when its client disconnects, and cleans up.
async fn upstream(Path(name): Path<String>) -> String {
    if name == "reviews" {
        let why = cancelled().await;
        shield(sleep(Duration::from_millis(1))).await;
        return format!("stopped: {why}");
    }
    format!("{} letters", name.len())
}

fn http() -> Http {
    let pool = legacy::Client::builder(TokioExecutor::new()).build_http();
    client(pool, TIMEOUT).early(Duration::from_millis(5))
}

async fn fetch(http: Http, address: SocketAddr, path: &'static str) -> Result<String, Error> {
    let request = Request::get(format!("http://{address}/{path}")).body(Body::empty())?;
    let response = http.oneshot(request).await?;
    let status = response.status();
    let text = String::from_utf8(response.into_body().collect().await?.to_bytes().into())?;
    if status.is_success() {
        Ok(text)
    } else {
        Err(status.to_string().into())
    }
}

/// Serves on a free port; what is given back shuts it down, and says how that went.
async fn serve(
    name: &'static str,
    routes: Router,
) -> Result<(SocketAddr, impl Future<Output = Result<String, Error>>), Error> {
    let (service, driver) = settled::<Infallible>().name(name).open();
    let driver = tokio::spawn(driver);
    let requests = server(&service)
        .deadline(TIMEOUT)
        .on_disconnect(Finish { grace: GRACE })
        .name(|request| request.uri.path().to_owned());
    let app = routes.layer(requests);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let token = service.token();
    let stopping = async move { drop(token.cancelled().await) };
    let served = tokio::spawn(async move { axum::serve(listener, app).with_graceful_shutdown(stopping).await });
    let stop = async move {
        // New requests are refused, and those under way finish, their clean-up too.
        let report = service.shutdown(GRACE).await;
        driver.await??;
        served.abort();
        Ok(format!("{name}: {} cut\n", report.cut.len()))
    };
    Ok((address, stop))
}
