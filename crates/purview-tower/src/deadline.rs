//! Where a request says how long it may take, and how that is handed on.

use std::time::Duration;

use http::{
    HeaderMap, HeaderValue,
    header::{self, HeaderName},
};

use crate::grpc_timeout;

/// The header `grpc-timeout`: see [`grpc_timeout`](crate::grpc_timeout).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrpcTimeout;

/// A header whose value is a whole number of milliseconds, such as `x-request-timeout-ms`.
///
/// # Panics
///
/// Where it is given to a layer, if the text is no name of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header(
    /// The name of the header.
    pub &'static str,
);

/// Every request may take so long, whatever it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed(
    /// How long, from its arrival.
    pub Duration,
);

/// Where the deadline of a request comes from: [`GrpcTimeout`], [`Header`] or [`Fixed`]. There are no others.
#[expect(private_bounds, reason = "that is what seals it")]
pub trait Deadline: Source {}

/// A header that carries a deadline: [`GrpcTimeout`] or [`Header`]. There are no others.
#[expect(private_bounds, reason = "that is what seals it")]
pub trait DeadlineHeader: HeaderSource {}

impl<T: Source> Deadline for T {}
impl<T: HeaderSource> DeadlineHeader for T {}

pub(crate) trait Source {
    fn source(self) -> Given;
}

pub(crate) trait HeaderSource: Source {
    fn wire(self) -> Wire;
}

/// Where a deadline comes from.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    Wire(Wire),
    Fixed(Duration),
}

/// How a deadline is written.
#[derive(Clone, Debug)]
pub(crate) enum Wire {
    Grpc,
    Millis(HeaderName),
}

/// A header is not what it ought to be, or is there twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) header: HeaderName,
}

impl Source for GrpcTimeout {
    fn source(self) -> Given {
        Given::Wire(self.wire())
    }
}

impl HeaderSource for GrpcTimeout {
    fn wire(self) -> Wire {
        Wire::Grpc
    }
}

impl Source for Header {
    #[track_caller]
    fn source(self) -> Given {
        Given::Wire(self.wire())
    }
}

impl HeaderSource for Header {
    #[track_caller]
    fn wire(self) -> Wire {
        Wire::Millis(name(self.0))
    }
}

impl Source for Fixed {
    fn source(self) -> Given {
        Given::Fixed(self.0)
    }
}

#[track_caller]
pub(crate) fn name(text: &str) -> HeaderName {
    let Ok(name) = HeaderName::from_bytes(text.as_bytes()) else {
        panic!("`{text}` is no name of a header");
    };
    name
}

impl Wire {
    pub(crate) fn name(&self) -> HeaderName {
        match self {
            Self::Grpc => HeaderName::from_static(grpc_timeout::NAME),
            Self::Millis(name) => name.clone(),
        }
    }

    /// What the headers say; `None` where they say nothing.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Result<Option<Duration>, Malformed> {
        let header = self.name();
        let mut values = headers.get_all(&header).iter();
        let Some(value) = values.next() else { return Ok(None) };
        // Which of two would be meant?
        let read = value.to_str().ok().filter(|_| values.next().is_none());
        match read.and_then(|text| self.parse(text)) {
            Some(timeout) => Ok(Some(timeout)),
            None => Err(Malformed { header }),
        }
    }

    fn parse(&self, text: &str) -> Option<Duration> {
        match self {
            Self::Grpc => grpc_timeout::parse(text).ok(),
            Self::Millis(_) => {
                let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                is_number.then(|| Duration::from_millis(text.parse().unwrap_or(u64::MAX)))
            }
        }
    }

    /// Writes it, unless the headers leave less time already.
    pub(crate) fn write(&self, headers: &mut HeaderMap, left: Duration) {
        if matches!(self.read(headers), Ok(Some(given)) if given <= left) {
            return;
        }
        let text = match self {
            Self::Grpc => grpc_timeout::format(left),
            Self::Millis(_) => left.as_millis().to_string(),
        };
        let value = HeaderValue::try_from(text).expect("digits and letters");
        headers.insert(self.name(), value);
    }

    /// Nothing is left, as it would be written.
    pub(crate) fn is_used_up(&self, left: Duration) -> bool {
        match self {
            Self::Grpc => left.is_zero(),
            Self::Millis(_) => left < Duration::from_millis(1),
        }
    }
}

/// Whether a request is one of gRPC.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    kind.as_bytes()
        .strip_prefix(b"application/grpc")
        .is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';' | b' ')))
}
