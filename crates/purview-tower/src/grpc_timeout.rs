//! The header `grpc-timeout`: how it is read and written.
//!
//! Its value is a number of at most eight digits and one letter for the unit: `H`, `M`, `S`, `m`, `u` or `n`, for hours
//! down to nanoseconds. See [the protocol].
//!
//! [the protocol]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md

use std::time::Duration;

/// The name of the header.
pub const NAME: &str = "grpc-timeout";

/// The digits that the protocol allows for.
const DIGITS: usize = 8;
const MOST: u128 = 99_999_999;

/// The units, finest first, in nanoseconds.
const UNITS: [(char, u128); 6] = [
    ('n', 1),
    ('u', 1_000),
    ('m', 1_000_000),
    ('S', 1_000_000_000),
    ('M', 60_000_000_000),
    ('H', 3_600_000_000_000),
];

/// The value of a header is no timeout: it is not one to eight digits and a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed grpc-timeout")]
#[non_exhaustive]
pub struct Malformed;

/// Reads the value of a `grpc-timeout` header.
///
/// A timeout of zero, which the protocol does not have, is read as zero: nothing is left.
///
/// # Errors
///
/// [`Malformed`] for anything but one to eight ASCII digits and one of the six units, without blanks or signs.
///
/// # Examples
///
/// ```
/// use purview_tower::grpc_timeout;
/// use std::time::Duration;
///
/// assert_eq!(grpc_timeout::parse("250m"), Ok(Duration::from_millis(250)));
/// assert_eq!(grpc_timeout::parse("99999999H"), Ok(Duration::from_secs(99_999_999 * 3_600)));
/// assert!(grpc_timeout::parse("250 m").is_err());
/// ```
pub fn parse(value: &str) -> Result<Duration, Malformed> {
    let unit = value.chars().next_back().ok_or(Malformed)?;
    let (_, nanos) = UNITS.iter().find(|(letter, _)| *letter == unit).ok_or(Malformed)?;
    let digits = &value[..value.len() - 1];
    let is_number = (1..=DIGITS).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(Malformed);
    }
    let number: u128 = digits.parse().map_err(|_| Malformed)?;
    Ok(from_nanos(number * nanos))
}

/// Writes the value of a `grpc-timeout` header: the finest unit that has room for it, rounded down, so that no hop gains
/// time. What is longer than 99,999,999 hours is written as that.
///
/// # Examples
///
/// ```
/// use purview_tower::grpc_timeout;
/// use std::time::Duration;
///
/// assert_eq!(grpc_timeout::format(Duration::from_millis(250)), "250000u");
/// assert_eq!(grpc_timeout::format(Duration::new(100, 999_999_999)), "100999m");
/// assert_eq!(grpc_timeout::format(Duration::MAX), "99999999H");
/// ```
pub fn format(timeout: Duration) -> String {
    let nanos = timeout.as_nanos();
    let written = |(unit, size): &(char, u128)| (nanos / size <= MOST).then(|| format!("{}{unit}", nanos / size));
    UNITS
        .iter()
        .find_map(written)
        .unwrap_or_else(|| format!("{MOST}{}", UNITS[UNITS.len() - 1].0))
}

/// Eight digits of hours fit into the seconds of a `Duration`.
fn from_nanos(nanos: u128) -> Duration {
    const SECOND: u128 = 1_000_000_000;
    let seconds = u64::try_from(nanos / SECOND).unwrap_or(u64::MAX);
    let rest = u32::try_from(nanos % SECOND).unwrap_or_default();
    Duration::new(seconds, rest)
}
