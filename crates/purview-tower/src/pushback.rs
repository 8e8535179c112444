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
/// gRPC specification of retries says. `retry-after` is read where it is a number of seconds, of any size; a date says
/// nothing, because the two clocks need not agree.
///
/// The wait may be longer than the time that is left: `purview::retry` begins no wait that would reach the deadline. Without
/// a deadline it waits as long as the server asks for.
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
        .and_then(|value| digits(value.to_str().ok()?))
        // No more than that can be waited for.
        .map(|digits| digits.parse().unwrap_or(u64::MAX));
    seconds.map_or(Pushback::Unsaid, |seconds| {
        Pushback::After(Duration::from_secs(seconds))
    })
}

fn number(text: &str) -> Option<u64> {
    digits(text)?.parse().ok()
}

/// Digits, and nothing else.
fn digits(text: &str) -> Option<&str> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(text)
}
