//! A panic of a handler is named. In a process of its own, for the panic hook is that of the whole process.
#![forbid(unsafe_code)]

use std::{
    convert::Infallible,
    panic,
    sync::{Arc, Mutex},
};

use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use purview::{settled, try_scope};
use purview_tower::server;
use tower::{Layer, ServiceExt};

/// The first child of a handler panics, and so the handler does.
async fn handle(_: Request<()>) -> Result<Response<Empty<&'static [u8]>>, Infallible> {
    try_scope(async |s| s.task().name("stock").spawn(async { panic!("out of cheese") }).await).await
}

#[tokio::test]
async fn the_name_of_the_request_is_there_in_the_panic_hook() {
    let named = Arc::new(Mutex::new(Vec::new()));
    let noted = named.clone();
    panic::set_hook(Box::new(move |_| {
        let name = purview::current().map(|task| task.name().to_owned());
        noted.lock().unwrap().push(name);
    }));
    let (service, driver) = settled::<Infallible>().name("shop").open();
    let driver = tokio::spawn(driver);
    let layer = server(&service).name(|request| format!("GET {}", request.uri.path()));
    let panics = tower::service_fn(
        async |_: Request<()>| -> Result<Response<Empty<&'static [u8]>>, Infallible> { panic!("out of cheese") },
    );
    let answer = layer.layer(panics).oneshot(Request::new(())).await.unwrap();
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let answer = layer
        .layer(tower::service_fn(handle))
        .oneshot(Request::new(()))
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        *named.lock().unwrap(),
        [Some("GET /".to_owned()), Some("stock".to_owned())]
    );
    assert!(service.shutdown(std::time::Duration::ZERO).await.cut.is_empty());
    assert!(driver.await.unwrap().unwrap().failures.is_empty(), "they were answered");
}
