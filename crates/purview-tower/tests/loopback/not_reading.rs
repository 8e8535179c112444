//! A client that stops reading and does not disconnect does not keep its request alive.

use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::get,
};
use futures::stream;
use purview::settled;
use purview_tower::{Header, server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::counts::{Counts, LONG};

/// Is counted as cleaned up when it is dropped.
struct Guard(Counts);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.clean();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stops_reading_does_not_keep_the_request_past_its_deadline() {
    let (service, driver) = settled::<Infallible>().open();
    let driver = tokio::spawn(driver);
    let counts = Counts::default();
    let seen = counts.clone();
    let endless = move || {
        seen.begin();
        let guard = Guard(seen.clone());
        let part = Bytes::from(vec![b'x'; 1 << 16]);
        let parts = stream::repeat_with(move || {
            let _guard = &guard;
            Ok::<_, Infallible>(part.clone())
        });
        async { Body::from_stream(parts) }
    };
    let layer = server(&service).deadline(Header("x-request-timeout-ms")).body(true);
    let app = Router::new().route("/", get(endless)).layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move { axum::serve(listener, app).await });

    let mut stream = TcpStream::connect(address).await.unwrap();
    let asked = b"GET / HTTP/1.1\r\nhost: test\r\nx-request-timeout-ms: 300\r\n\r\n";
    stream.write_all(asked).await.unwrap();
    stream.read_exact(&mut [0; 1024]).await.unwrap();
    while counts.cleaned() < 1 || !service.is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(counts.begun(), 1);
    // It is connected all that time, and what it reads then is not a whole body.
    let mut rest = Vec::new();
    let read = stream.read_to_end(&mut rest).await;
    assert!(read.is_err() || !rest.ends_with(b"0\r\n\r\n"));
    drop(service.shutdown(LONG).await);
    assert!(driver.await.unwrap().is_ok());
    served.abort();
}
