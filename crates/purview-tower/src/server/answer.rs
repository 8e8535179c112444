//! What the layer answers itself.

use http::{HeaderValue, Response, StatusCode, Version, header, request::Parts};

use super::options::Expiry;
use crate::{
    deadline::{Malformed, is_grpc},
    grpc::{Code, trailers_only},
};

/// What is kept of a request, to answer it.
pub(super) struct Asked {
    grpc: bool,
    closes: bool,
    /// Boxed, because few ask for it.
    expiry: Option<Box<(Expiry, Parts)>>,
}

impl Asked {
    pub(super) fn new(parts: &Parts, expiry: Option<&Expiry>) -> Self {
        Self {
            grpc: is_grpc(&parts.headers),
            // HTTP/2 has no such header, and says it by itself.
            closes: parts.version <= Version::HTTP_11,
            expiry: expiry.map(|expiry| Box::new((expiry.clone(), parts.clone()))),
        }
    }

    pub(super) fn is_grpc(&self) -> bool {
        self.grpc
    }

    /// Its time was up.
    pub(super) fn expired(&self) -> Response<()> {
        match self.expiry.as_deref() {
            Some((expiry, parts)) => expiry(parts),
            None => self.refuse(StatusCode::GATEWAY_TIMEOUT, Code::DeadlineExceeded, "deadline exceeded"),
        }
    }

    /// The service is being shut down, or is over.
    pub(super) fn unavailable(&self) -> Response<()> {
        let mut response = self.busy();
        if self.closes && !self.grpc {
            response
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// As many requests as may be are under way.
    pub(super) fn busy(&self) -> Response<()> {
        self.refuse(
            StatusCode::SERVICE_UNAVAILABLE,
            Code::Unavailable,
            "service unavailable",
        )
    }

    /// The handler panicked.
    pub(super) fn panicked(&self) -> Response<()> {
        self.refuse(
            StatusCode::INTERNAL_SERVER_ERROR,
            Code::Internal,
            "the handler panicked",
        )
    }

    pub(super) fn malformed(&self, malformed: &Malformed) -> Response<()> {
        let message = format!("malformed {}", malformed.header);
        self.refuse(StatusCode::BAD_REQUEST, Code::Internal, &message)
    }

    fn refuse(&self, status: StatusCode, code: Code, message: &str) -> Response<()> {
        if self.grpc {
            return trailers_only(code, message);
        }
        let mut response = Response::new(());
        *response.status_mut() = status;
        response
    }
}
