use std::{fmt, io, net::SocketAddr, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use purview::DeadlineExceeded;

use crate::{
    args::Args,
    http::{self, Response},
};

const MOST_REDIRECTS: usize = 5;

/// A page, and what it took to get it.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) body: String,
    pub(crate) attempts: usize,
}

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum FetchError {
    Io(io::Error),
    Status(u16),
    Circle,
    TimedOut(Duration),
    GaveUp { attempts: usize, last: Box<FetchError> },
}

impl FetchError {
    /// Whether to ask again: the server is busy, or the connection broke.
    fn is_momentary(&self) -> bool {
        match self {
            Self::Status(status) => *status == 503,
            Self::Io(error) => error.kind() != io::ErrorKind::InvalidData,
            Self::Circle | Self::TimedOut(_) | Self::GaveUp { .. } => false,
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Circle => f.write_str("redirects in a circle"),
            Self::TimedOut(patience) => {
                write!(f, "no page within {}", humantime::format_duration(*patience))
            }
            Self::GaveUp { attempts, last } => write!(f, "{last}, {attempts} times"),
        }
    }
}

/// Fetches a page, again where that may help, within the time that one page may take.
pub(crate) async fn fetch(site: SocketAddr, path: &str, args: &Args) -> Result<Fetched, FetchError> {
    let delays = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(10))
        .with_max_times(args.retries)
        .with_jitter()
        .build();
    let mut attempts = 1;
    let retried = purview::retry(delays, || follow(site, path))
        .when(FetchError::is_momentary)
        .notify(|_, _| attempts += 1);
    match purview::timeout(args.page_timeout, retried).await {
        Ok(Ok(response)) => Ok(Fetched {
            body: response.body,
            attempts,
        }),
        Ok(Err(error)) if error.attempts == 1 => Err(error.error),
        Ok(Err(error)) => Err(FetchError::GaveUp {
            attempts: error.attempts,
            last: Box::new(error.error),
        }),
        Err(DeadlineExceeded { .. }) => Err(FetchError::TimedOut(args.page_timeout)),
    }
}

/// Gets a page, wherever the site sends us for it.
async fn follow(site: SocketAddr, path: &str) -> Result<Response, FetchError> {
    let mut path = path.to_owned();
    for _ in 0..=MOST_REDIRECTS {
        let response = http::get(site, &path).await.map_err(FetchError::Io)?;
        match (response.status, response.location) {
            (200, _) => {
                return Ok(Response {
                    location: None,
                    ..response
                });
            }
            (301 | 302 | 307 | 308, Some(to)) => path = to,
            (status, _) => return Err(FetchError::Status(status)),
        }
    }
    Err(FetchError::Circle)
}
