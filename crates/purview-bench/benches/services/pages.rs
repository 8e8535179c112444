use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{Router, http::StatusCode, routing::get};
use futures::try_join;
use purview::{gather, settled};
use purview_tower::{Client, Finish, Header, Server, client, server};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};

use crate::{
    cpu::ThreadClock,
    fetch::{Error, Http, fetch, http},
};

const TIMEOUT: Duration = Duration::from_secs(1);
const HEADER: Header = Header("x-request-timeout-ms");
const NAMES: [&str; 3] = ["prices", "stock", "reviews"];

/// The same page, written in several ways.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) ways: Vec<Way>,
    /// Of the thread that serves all of them.
    pub(crate) clock: ThreadClock,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
}

type Page = Result<String, StatusCode>;

/// Purview comes last; with `parts` also the page that has only some of it.
pub(crate) async fn serve(upstreams: SocketAddr, parts: bool) -> Service {
    let mut ways = vec![
        listen("timeout(try_join!)", joined(upstreams)).await,
        listen("timeout(JoinSet)", page(move |http| by_join_set(http, upstreams))).await,
    ];
    if parts {
        ways.push(listen("timeout(gather)", page(move |http| by_timed_gather(http, upstreams))).await);
        ways.push(listen("layer, try_join!", joined(upstreams).layer(layer())).await);
    }
    ways.push(listen("Purview", purview(upstreams)).await);
    Service {
        ways,
        clock: ThreadClock::here(),
    }
}

/// A page with a client of its own.
fn page<F: Future<Output = Page> + Send>(write: impl Fn(Http) -> F + Clone + Send + Sync + 'static) -> Router {
    let http = http();
    Router::new().route("/", get(move || write(http.clone())))
}

fn joined(upstreams: SocketAddr) -> Router {
    page(move |http| by_try_join(http, upstreams))
}

async fn listen(name: &'static str, app: Router) -> Way {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    drop(tokio::spawn(async move { axum::serve(listener, app).await }));
    Way { name, address }
}

/// As the README of `purview-tower` has it, the client too.
fn purview(upstreams: SocketAddr) -> Router {
    let http = client(http(), HEADER).early(Duration::from_millis(5));
    let page = move || by_gather(http.clone(), upstreams);
    Router::new().route("/", get(page)).layer(layer())
}

fn layer() -> Server<Infallible> {
    let (service, driver) = settled::<Infallible>().name("pages").open();
    drop(tokio::spawn(driver));
    server(&service)
        .deadline(HEADER)
        .on_disconnect(Finish { grace: TIMEOUT })
        .name(|request| request.uri.path().to_owned())
}

async fn by_gather(http: Client<Http>, upstreams: SocketAddr) -> Page {
    let parts = gather(NAMES.map(|name| fetch(http.clone(), upstreams, name))).await;
    parts.map(|parts| parts.join("\n")).map_err(|_| StatusCode::BAD_GATEWAY)
}

async fn by_timed_gather(http: Http, upstreams: SocketAddr) -> Page {
    match timeout(TIMEOUT, gather(NAMES.map(|name| fetch(http.clone(), upstreams, name)))).await {
        Ok(parts) => parts.map(|parts| parts.join("\n")).map_err(|_| StatusCode::BAD_GATEWAY),
        Err(_) => Err(StatusCode::GATEWAY_TIMEOUT),
    }
}

async fn by_try_join(http: Http, upstreams: SocketAddr) -> Page {
    let [a, b, c] = NAMES.map(|name| fetch(http.clone(), upstreams, name));
    match timeout(TIMEOUT, async { try_join!(a, b, c) }).await {
        Ok(Ok((a, b, c))) => Ok([a, b, c].join("\n")),
        Ok(Err(_)) => Err(StatusCode::BAD_GATEWAY),
        Err(_) => Err(StatusCode::GATEWAY_TIMEOUT),
    }
}

async fn by_join_set(http: Http, upstreams: SocketAddr) -> Page {
    let mut set = JoinSet::new();
    for (n, name) in NAMES.into_iter().enumerate() {
        let part = fetch(http.clone(), upstreams, name);
        set.spawn(async move { Ok::<_, Error>((n, part.await?)) });
    }
    let all = async {
        let mut parts = <[String; 3]>::default();
        while let Some(joined) = set.join_next().await {
            let (n, part) = joined??;
            parts[n] = part;
        }
        Ok::<_, Error>(parts)
    };
    match timeout(TIMEOUT, all).await {
        Ok(Ok(parts)) => Ok(parts.join("\n")),
        Ok(Err(_)) => Err(StatusCode::BAD_GATEWAY),
        Err(_) => Err(StatusCode::GATEWAY_TIMEOUT),
    }
}
