//! How gRPC says that a call has failed: a status in the trailers, or in the headers of a response without a body.

use http::{HeaderMap, HeaderValue, Response, header};

/// The codes that are answered here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    DeadlineExceeded = 4,
    Internal = 13,
    Unavailable = 14,
}

/// A response without a body, which gRPC calls trailers-only.
pub(crate) fn trailers_only(code: Code, message: &str) -> Response<()> {
    let mut response = Response::new(());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.extend(trailers(code, message));
    response
}

/// The trailers that end a stream.
pub(crate) fn trailers(code: Code, message: &str) -> HeaderMap {
    let mut trailers = HeaderMap::with_capacity(2);
    trailers.insert("grpc-status", HeaderValue::from(code as u16));
    if let Ok(message) = HeaderValue::from_str(message) {
        trailers.insert("grpc-message", message);
    }
    trailers
}
