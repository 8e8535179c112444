//! A scope whose driver is not polled is reported.

use std::sync::mpsc::{self, Receiver};

use purview::settled;
use purview_tower::{Server, server};

use crate::setting::{Open, ask, request, settle, text};

/// A layer, and what it reports.
fn reporting(service: &Open) -> (Server<std::convert::Infallible>, Receiver<String>) {
    let (said, reports) = mpsc::channel();
    let layer = server(service).on_held_up(move |held_up| said.send(held_up.to_string()).unwrap());
    (layer, reports)
}

async fn answered(layer: &Server<std::convert::Infallible>) {
    let answer = ask(layer, request(&[]), |_| async { "there".to_owned() });
    assert_eq!(text(answer.await).await, "there");
}

#[tokio::test]
async fn a_driver_that_is_not_polled_is_said_once() {
    let (service, _driver) = settled().name("orders").open();
    let (layer, reports) = reporting(&service);
    answered(&layer).await;
    answered(&layer.clone()).await;
    drop(layer);
    let report = reports.recv().unwrap();
    assert!(
        report.starts_with("the scope `orders` of a service is held up"),
        "{report}"
    );
    assert!(reports.recv().is_err(), "and the layer's last part is dropped");
}

#[tokio::test]
async fn a_driver_that_was_dropped_is_said_at_the_first_request() {
    let (service, driver) = settled().open();
    let (layer, reports) = reporting(&service);
    drop(driver);
    let never = |_| async { unreachable!("it must not be called") };
    assert_eq!(ask(&layer, request(&[]), never).await.status(), 503);
    let report = reports.try_recv().unwrap();
    assert!(
        report.starts_with("the scope of a service takes no requests"),
        "{report}"
    );
}

#[tokio::test]
async fn a_driver_that_is_polled_is_not() {
    let (service, driver) = settled().open();
    let (layer, reports) = reporting(&service);
    drop(tokio::spawn(driver));
    answered(&layer).await;
    settle().await;
    answered(&layer).await;
    drop(layer);
    assert!(reports.recv().is_err());
    settle().await;
    assert!(service.is_empty());
}
