use std::net::SocketAddr;

use axum::{Router, extract::Path, routing::get};
use tokio::net::TcpListener;

/// Serves what a page is made of.
pub(crate) async fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    let part = async |Path(name): Path<String>| format!("{name}: {} letters", name.len());
    let app = Router::new().route("/{name}", get(part));
    drop(tokio::spawn(async move { axum::serve(listener, app).await }));
    address
}
