//! Clients of an axum server that leave at random points leave nothing behind.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use purview::{fail_fast, settled, sleep};
use purview_tower::{Finish, Header, server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    counts::{Counts, LONG},
    many::disconnects,
};

const AT_ONCE: usize = 25;

/// Works for a moment, and cleans up.
async fn handle(counts: Counts) -> &'static str {
    counts.begin();
    let deferred = counts.clone();
    let worked = fail_fast::<Infallible>().run(async |s| {
        s.defer(async move {
            sleep(Duration::from_micros(200)).await;
            deferred.clean();
        });
        sleep(Duration::from_micros(500)).await;
        Ok(())
    });
    if worked.await.is_ok() { "done" } else { "stopped" }
}

/// Asks, and leaves after so many turns of the executor, or when it has the answer.
async fn leave(address: SocketAddr, n: usize) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let turns = n.wrapping_mul(2_654_435_761) % 61;
    if turns > 50 {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("done"), "{answer}");
        return;
    }
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_micros(turns as u64 * 20)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_random_points_they_leave_no_child_and_no_place_behind() {
    let (service, driver) = settled::<Infallible>().name("service").open();
    let driver = tokio::spawn(driver);
    let counts = Counts::default();
    let layer = server(&service)
        .deadline(Header("x-request-timeout-ms"))
        .on_disconnect(Finish { grace: LONG })
        .limit(AT_ONCE * 100)
        .body(true);
    let handled = counts.clone();
    let app = Router::new()
        .route("/", get(move || handle(handled.clone())))
        .layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move { axum::serve(listener, app).await });
    let many = disconnects();
    for batch in 0..many.div_ceil(AT_ONCE) {
        let clients: Vec<_> = (0..AT_ONCE)
            .map(|n| tokio::spawn(leave(address, batch * AT_ONCE + n)))
            .collect();
        for client in clients {
            client.await.unwrap();
        }
    }
    while !service.is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(counts.begun(), counts.cleaned());
    assert!(
        counts.begun() > many / 4,
        "they left too early to say anything: {}",
        counts.begun()
    );
    let report = service.shutdown(LONG).await;
    assert!(report.cut.is_empty() && report.finished.is_empty());
    let settlement = driver.await.unwrap().unwrap();
    assert!(settlement.failures.is_empty());
    served.abort();
}
