//! Handlers of an axum server that enter the scope of their service clean up after clients that leave.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, State},
    routing::get,
};
use purview::{CancelReason, Scope, Settled, TaskError, cancelled, fail_fast, settled, shield};
use purview_tests::{Gate, on_tokio, yield_now, yields};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

const CLIENTS: usize = 1_000;
const AT_ONCE: usize = 50;
/// Longer than any test takes.
const GRACE: Duration = Duration::from_secs(600);

type Service = Scope<'static, Settled<&'static str>>;

#[derive(Clone)]
struct App {
    service: Service,
    begun: Arc<AtomicUsize>,
    cleaned: Arc<AtomicUsize>,
    /// Handlers that were polled to their end.
    answered: Arc<AtomicUsize>,
    /// What the handler of `/wait` waits for.
    gate: Gate,
}

/// Serves until the test's runtime ends.
async fn serve(app: App) -> SocketAddr {
    let routes = Router::new()
        .route("/work/{n}", get(work))
        .route("/wait", get(wait))
        .route("/stubborn", get(stubborn))
        .with_state(app);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(tokio::spawn(async move { axum::serve(listener, routes).await }));
    address
}

fn app() -> (App, JoinHandle<()>) {
    let (service, driver) = settled().name("service").grace(GRACE).open();
    let driver = tokio::spawn(async move { assert!(driver.await.is_ok()) });
    let app = App {
        service,
        begun: Arc::default(),
        cleaned: Arc::default(),
        answered: Arc::default(),
        gate: Gate::new(),
    };
    (app, driver)
}

fn answer(out: Result<Result<usize, TaskError<&'static str>>, CancelReason>) -> String {
    match out {
        Ok(Ok(n)) => n.to_string(),
        Ok(Err(error)) => format!("ended: {error}"),
        Err(reason) => format!("refused: {reason}"),
    }
}

/// Works for a while, and cleans up in one of three ways.
async fn work(State(app): State<App>, Path(n): Path<usize>) -> String {
    let (begun, cleaned) = (app.begun.clone(), app.cleaned.clone());
    let clean_up = async move {
        yields(n % 7).await;
        purview::sleep(Duration::from_micros(n as u64 % 5)).await;
        cleaned.fetch_add(1, SeqCst);
    };
    let guest = app.service.task().name(format!("GET /work/{n}")).enter(async move {
        begun.fetch_add(1, SeqCst);
        match n % 3 {
            0 => {
                let deferred = fail_fast().run(async |s| {
                    s.defer(clean_up);
                    rounds(n).await;
                    Ok(n)
                });
                deferred.await.map_err(|_: purview::ScopeError<&str>| "stopped")
            }
            1 => {
                shield(async {
                    rounds(n).await;
                    clean_up.await;
                })
                .await;
                Ok(n)
            }
            _ => {
                futures::future::select(cancelled(), std::pin::pin!(rounds(n))).await;
                shield(clean_up).await;
                Ok(n)
            }
        }
    });
    let out = guest.await;
    app.answered.fetch_add(1, SeqCst);
    answer(out)
}

async fn rounds(n: usize) {
    for _ in 0..n * 7 % 40 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_micros(n as u64 * 13 % 2_000)).await;
}

async fn wait(State(app): State<App>) -> String {
    let (begun, gate) = (app.begun.clone(), app.gate.clone());
    let guest = app.service.task().name("GET /wait").enter(async move {
        begun.fetch_add(1, SeqCst);
        gate.wait().await;
        Ok(7)
    });
    answer(guest.await)
}

async fn stubborn(State(app): State<App>) -> String {
    let begun = app.begun.clone();
    let guest = app.service.task().name("GET /stubborn").enter(async move {
        begun.fetch_add(1, SeqCst);
        shield(std::future::pending()).await
    });
    answer(guest.await)
}

async fn request(address: SocketAddr, path: String) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let text = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

async fn response(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text.rsplit("\r\n").next().unwrap().to_owned()
}

/// Asks, and leaves at some point: before the handler has begun, in the midst of it, or never.
async fn leave_early(address: SocketAddr, n: usize) {
    let stream = request(address, format!("/work/{n}")).await;
    let rounds = n.wrapping_mul(2_654_435_761) % 97;
    for _ in 0..rounds {
        tokio::task::yield_now().await;
    }
    if rounds > 80 {
        assert_eq!(response(stream).await, n.to_string());
    }
}

async fn handlers_that_have_begun_clean_up_after_clients_that_leave() {
    let (app, driver) = app();
    let address = serve(app.clone()).await;
    for batch in 0..CLIENTS / AT_ONCE {
        let clients: Vec<_> = (0..AT_ONCE)
            .map(|n| tokio::spawn(leave_early(address, batch * AT_ONCE + n)))
            .collect();
        for client in clients {
            client.await.unwrap();
        }
    }
    let report = app.service.shutdown(GRACE).await;
    driver.await.unwrap();
    assert!(report.cut.iter().all(|task| task.name().starts_with("GET /work/")));
    let [begun, cleaned, answered] = [&app.begun, &app.cleaned, &app.answered].map(|count| count.load(SeqCst));
    assert!(
        begun - answered > CLIENTS / 20,
        "of {begun} handlers {answered} were answered: too many to say anything"
    );
    assert_eq!(begun, cleaned);
}

async fn a_shutdown_waits_for_requests_under_way_and_names_those_that_were_cut() {
    let (app, driver) = app();
    let address = serve(app.clone()).await;
    let waiting = [(); 3].map(|()| tokio::spawn(async move { response(request(address, "/wait".into()).await).await }));
    let stubborn = tokio::spawn(async move { response(request(address, "/stubborn".into()).await).await });
    while app.begun.load(SeqCst) < 4 {
        tokio::task::yield_now().await;
    }
    let service = app.service.clone();
    let shutdown = tokio::spawn(async move { service.shutdown(GRACE).await });
    while !app.service.is_cancelled() {
        yield_now().await;
    }
    let late = response(request(address, "/wait".into()).await).await;
    assert_eq!(late, "refused: the scope has ended");
    app.gate.open();
    for client in waiting {
        assert_eq!(client.await.unwrap(), "7");
    }
    // A second call can only shorten the time.
    let report = app.service.shutdown(Duration::ZERO).await;
    assert_eq!(shutdown.await.unwrap().cut.len(), report.cut.len());
    let names = |tasks: &[purview::TaskInfo]| tasks.iter().map(|task| task.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&report.finished), ["GET /wait"; 3]);
    assert_eq!(names(&report.cut), ["GET /stubborn"]);
    assert!(stubborn.await.unwrap().starts_with("ended: "));
    driver.await.unwrap();
}

on_tokio!(
    handlers_that_have_begun_clean_up_after_clients_that_leave,
    a_shutdown_waits_for_requests_under_way_and_names_those_that_were_cut,
);
