//! The same layer under hyper on smol: nothing in it is tokio's.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::service::TowerToHyperService;
use purview::{cancelled, remaining, settled, shield, sleep};
use purview_tower::{Header, server};
use smol::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use smol_hyper::rt::FuturesIo;
use tower::Layer;

use crate::counts::{Counts, LONG};

async fn handle(request: Request<Incoming>, counts: Counts) -> Result<Response<Full<Bytes>>, Infallible> {
    counts.begin();
    if request.uri().path() == "/wait" {
        drop(cancelled().await);
        shield(sleep(Duration::from_millis(1))).await;
        counts.clean();
    }
    let left = remaining().is_some_and(|left| left <= Duration::from_secs(60));
    Ok(Response::new(Full::from(format!("deadline {left}"))))
}

#[test]
fn a_server_of_hyper_cleans_up_after_clients_that_leave() {
    smol::block_on(async {
        let (service, driver) = settled::<Infallible>().open();
        let driver = smol::spawn(driver);
        let counts = Counts::default();
        let seen = counts.clone();
        let layer = server(&service).deadline(Header("x-request-timeout-ms"));
        let handler = layer.layer(tower::service_fn(move |request| handle(request, seen.clone())));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = smol::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let handler = TowerToHyperService::new(handler.clone());
                let connection =
                    hyper::server::conn::http1::Builder::new().serve_connection(FuturesIo::new(stream), handler);
                // A client that has left is an error of its connection.
                smol::spawn(async move { drop(connection.await) }).detach();
            }
        });

        let mut stream = TcpStream::connect(address).await.unwrap();
        let asked = b"GET / HTTP/1.1\r\nhost: test\r\nx-request-timeout-ms: 60000\r\nconnection: close\r\n\r\n";
        stream.write_all(asked).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("deadline true"), "{answer}");

        let mut stream = TcpStream::connect(address).await.unwrap();
        stream
            .write_all(b"GET /wait HTTP/1.1\r\nhost: test\r\n\r\n")
            .await
            .unwrap();
        while counts.begun() < 2 {
            smol::future::yield_now().await;
        }
        drop(stream);
        while !service.is_empty() {
            smol::future::yield_now().await;
        }
        assert_eq!(counts.cleaned(), 1);
        drop(service.shutdown(LONG).await);
        drop(served);
        assert!(driver.await.is_ok());
    });
}
