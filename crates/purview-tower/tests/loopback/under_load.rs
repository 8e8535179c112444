//! A shutdown under load loses no request that was accepted, and answers the others with 503.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use purview::{settled, sleep};
use purview_tower::server;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    counts::{Counts, LONG},
    hop::{Ask, Asking, Hop},
    many::say,
};

const CLIENTS: usize = 20;

/// One request on a connection of its own; gives the status line and the rest.
async fn ask(address: SocketAddr) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let mut part = [0; 1024];
    while !answer.ends_with(b"done") && !String::from_utf8_lossy(&answer).contains("\r\n\r\n") {
        let read = stream.read(&mut part).await.unwrap();
        assert_ne!(read, 0, "the connection was closed without an answer");
        answer.extend_from_slice(&part[..read]);
    }
    let answer = String::from_utf8(answer).unwrap();
    let (status, rest) = answer.split_once("\r\n").unwrap();
    (status.to_owned(), rest.to_lowercase())
}

/// Asks until it is turned away; gives how often it was answered.
async fn keep_asking(address: SocketAddr) -> usize {
    let mut answered = 0;
    loop {
        let (status, rest) = ask(address).await;
        match &*status {
            "HTTP/1.1 200 OK" => answered += 1,
            "HTTP/1.1 503 Service Unavailable" => {
                assert!(rest.contains("connection: close"), "{rest}");
                return answered;
            }
            other => panic!("{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_requests_are_answered_and_the_others_are_refused() {
    let (service, driver) = settled::<Infallible>().open();
    let driver = tokio::spawn(driver);
    let counts = Counts::default();
    let seen = counts.clone();
    let handler = move || {
        let counts = seen.clone();
        async move {
            counts.begin();
            sleep(Duration::from_micros(300)).await;
            counts.clean();
            "done"
        }
    };
    let app = Router::new().route("/", get(handler)).layer(server(&service));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move { axum::serve(listener, app).await });
    let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(keep_asking(address))).collect();
    counts.until_begun(10 * CLIENTS).await;
    let report = service.shutdown(LONG).await;
    assert!(report.cut.is_empty());
    let mut answered = 0;
    for client in clients {
        answered += client.await.unwrap();
    }
    assert_eq!((counts.begun(), counts.cleaned()), (answered, answered));
    assert!(driver.await.unwrap().is_ok());
    served.abort();
    say(&format!(
        "{answered} of {answered} requests accepted before a shutdown under load were answered, {CLIENTS} got 503"
    ));
}

/// Asks the first of a chain until the second one turns it away; gives how often it was answered.
async fn keep_asking_chain(asking: Asking) -> usize {
    let mut answered = 0;
    loop {
        match asking.ask(Ask { wait: false }).await {
            Ok(_) => answered += 1,
            Err(status) => {
                assert_eq!(status.code(), tonic::Code::Unavailable, "{status:?}");
                assert_eq!(status.message(), "service unavailable", "{status:?}");
                return answered;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_of_three_loses_none_that_it_has_accepted() {
    let [a, b, c] = Hop::chain().await;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| tokio::spawn(keep_asking_chain(Asking::new(a.address))))
        .collect();
    b.counts.until_begun(5 * CLIENTS).await;
    let report = b.drain().await;
    assert!(report.cut.is_empty());
    let mut answered = 0;
    for client in clients {
        answered += client.await.unwrap();
    }
    assert_eq!((b.counts.begun(), b.counts.cleaned()), (answered, answered));
    assert_eq!(c.counts.begun(), answered);
    assert_eq!(
        a.counts.begun(),
        answered + CLIENTS,
        "a is asked on, and says what b said"
    );
    for hop in [a, b, c] {
        let (_, counts) = hop.shut_down().await;
        assert_eq!(counts.begun(), counts.cleaned());
    }
    say(&format!(
        "{answered} of {answered} requests that b accepted before its shutdown under load were answered through a"
    ));
}
