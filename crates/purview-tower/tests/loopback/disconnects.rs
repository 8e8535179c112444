//! Clients of an axum server that leave at random points leave nothing behind.

use std::{convert::Infallible, future::pending, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Request, Response, StatusCode},
    routing::get,
};
use futures::{Stream, stream};
use purview::{CancelToken, Scope, Settled, fail_fast, settled, sleep};
use purview_tower::{Finish, Header, Server, server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::{Layer, ServiceExt};

use crate::{
    counts::{Counts, LONG},
    many::{disconnects, say},
};

const AT_ONCE: usize = 25;
const LIMIT: usize = 20 * AT_ONCE;

/// Works for a moment, and cleans up; so does each part of the body.
async fn handle(counts: Counts) -> Body {
    work(&counts).await;
    Body::from_stream(parts(counts))
}

fn parts(counts: Counts) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold(["part,", "part,", "done"].into_iter(), move |mut parts| {
        let counts = counts.clone();
        async move {
            let part = parts.next()?;
            work(&counts).await;
            Some((Ok(Bytes::from_static(part.as_bytes())), parts))
        }
    })
}

async fn work(counts: &Counts) {
    let worked = fail_fast::<Infallible>().run(async |s| {
        counts.begin();
        s.defer(async {
            sleep(Duration::from_micros(200)).await;
            counts.clean();
        });
        sleep(Duration::from_micros(300)).await;
        Ok(())
    });
    // Cancelled: what called it is told as well.
    drop(worked.await);
}

/// Asks, and leaves: with half of the request sent, after some time, with a part of the answer, or with all of it.
async fn leave(address: SocketAddr, n: usize) {
    let asked = b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(address).await.unwrap();
    let point = n.wrapping_mul(2_654_435_761) >> 7;
    let (way, point) = (point % 8, point / 8);
    let sent = if way == 0 { point % asked.len() } else { asked.len() };
    stream.write_all(&asked[..sent]).await.unwrap();
    match way {
        0 => {}
        1 => {
            let mut first = [0; 8];
            stream.read_exact(&mut first).await.unwrap();
        }
        2 => {
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.contains("done"), "{answer}");
        }
        _ => {
            for _ in 0..point % 61 {
                tokio::task::yield_now().await;
            }
            tokio::time::sleep(Duration::from_micros((point % 2_500) as u64)).await;
        }
    }
}

/// All places of the layer and of the scope are free: so many requests begin, and one more does not.
async fn all_places_are_free(layer: &Server<Infallible>) {
    let waits = tower::service_fn(async |_: Request<Body>| pending::<Result<Response<Body>, Infallible>>().await);
    let ask = || Box::pin(layer.layer(waits).oneshot(Request::new(Body::empty())));
    let mut waiting: Vec<_> = (0..LIMIT).map(|_| ask()).collect();
    for response in &mut waiting {
        assert!(futures::poll!(response.as_mut()).is_pending());
    }
    assert_eq!(ask().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}

async fn is_empty(service: &Scope<'static, Settled<Infallible>>) {
    while !service.is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_random_points_they_leave_no_child_no_place_and_no_connection_behind() {
    let (service, driver) = settled::<Infallible>().name("service").limit(LIMIT).open();
    let driver = tokio::spawn(driver);
    let counts = Counts::default();
    let layer = server(&service)
        .deadline(Header("x-request-timeout-ms"))
        .on_disconnect(Finish { grace: LONG })
        .limit(LIMIT)
        .body(true);
    let handled = counts.clone();
    let app = Router::new()
        .route("/", get(move || handle(handled.clone())))
        .layer(layer.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancelToken::new();
    let stopping = stop.clone();
    let served = tokio::spawn(async move {
        let serve = axum::serve(listener, app).with_graceful_shutdown(async move { drop(stopping.cancelled().await) });
        serve.await
    });
    let many = disconnects();
    for batch in 0..many.div_ceil(AT_ONCE) {
        let first = batch * AT_ONCE;
        let clients: Vec<_> = (first..many.min(first + AT_ONCE))
            .map(|n| tokio::spawn(leave(address, n)))
            .collect();
        for client in clients {
            client.await.unwrap();
        }
    }
    // It ends when the last connection has.
    stop.cancel();
    served.await.unwrap().unwrap();
    is_empty(&service).await;
    assert_eq!(counts.begun(), counts.cleaned());
    assert!(counts.begun() > many / 2, "they left too early: {}", counts.begun());
    all_places_are_free(&layer).await;
    is_empty(&service).await;
    let report = service.shutdown(LONG).await;
    assert!(report.cut.is_empty() && report.finished.is_empty());
    assert!(driver.await.unwrap().unwrap().failures.is_empty());
    say(&format!(
        "{many} clients left at random points: no child, no place and no connection is left; {} of {} cleaned up",
        counts.cleaned(),
        counts.begun()
    ));
}
