//! What a server says about trying again.

use std::time::Duration;

use http::{HeaderMap, header};

/// What a response says about another attempt; see [`pushback`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pushback {
    /// Nothing: the caller's own schedule holds.
    Unsaid,
    /// Not before so much time has passed.
    After(Duration),
    /// Not at all.
    Never,
}

impl Pushback {
    /// How long to wait where the caller's own schedule says `delay`; `None` where there is to be no other attempt.
    pub fn over(self, delay: Duration) -> Option<Duration> {
        match self {
            Self::Unsaid => Some(delay),
            Self::After(least) => Some(delay.max(least)),
            Self::Never => None,
        }
    }
}

/// Reads `grpc-retry-pushback-ms` and `retry-after`.
///
/// `grpc-retry-pushback-ms` is a number of milliseconds; a negative or unreadable one means no other attempt, as the
/// gRPC specification of retries says. `retry-after` is read where it is a number of seconds; a date says nothing, because
/// the two clocks need not agree.
///
/// Whether the time is there at all, the deadline says: `purview::retry` does not begin an attempt after it.
///
/// # Examples
///
/// ```
/// use http::{HeaderMap, HeaderValue};
/// use purview_tower::{Pushback, pushback};
/// use std::time::Duration;
///
/// let mut headers = HeaderMap::new();
/// assert_eq!(pushback(&headers), Pushback::Unsaid);
/// headers.insert("retry-after", HeaderValue::from_static("2"));
/// assert_eq!(pushback(&headers), Pushback::After(Duration::from_secs(2)));
/// headers.insert("grpc-retry-pushback-ms", HeaderValue::from_static("-1"));
/// assert_eq!(pushback(&headers), Pushback::Never);
/// ```
pub fn pushback(headers: &HeaderMap) -> Pushback {
    if let Some(value) = headers.get("grpc-retry-pushback-ms") {
        return match value.to_str().ok().and_then(number) {
            Some(millis) => Pushback::After(Duration::from_millis(millis)),
            None => Pushback::Never,
        };
    }
    let seconds = headers
        .get(header::RETRY_AFTER)
        .and_then(|value| number(value.to_str().ok()?));
    seconds.map_or(Pushback::Unsaid, |seconds| {
        Pushback::After(Duration::from_secs(seconds))
    })
}

/// Digits, and nothing else.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}
