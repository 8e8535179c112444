use std::time::Duration;

use purview_core::{Sleep, Timeout, runtime::Instant};

use crate::select::select;

/// Runs `fut` for at most `duration`, counted from its first poll.
///
/// The deadline is visible inside as [`deadline`](purview_core::deadline) and [`remaining`](purview_core::remaining).
/// When it passes, what `fut` holds for clean-up is waited for and the rest is dropped. A value that comes in the same
/// pass as the deadline is returned. [`Duration::MAX`] is no deadline.
///
/// Inside a scope it uses the scope's clock, elsewhere that of the runtime the features select.
///
/// # Errors
///
/// [`DeadlineExceeded`](purview_core::DeadlineExceeded), unless a deadline around it is no later: then that one is
/// reported, and this future stays pending.
///
/// # Cancel safety
///
/// Dropping it drops `fut`.
///
/// # Examples
///
/// ```
/// # fn main() { purview::block_on(async {
/// use std::{future::pending, time::Duration};
///
/// assert_eq!(purview::timeout(Duration::from_secs(9), async { 42 }).await, Ok(42));
/// assert!(purview::timeout(Duration::from_millis(1), pending::<()>()).await.is_err());
/// # }) }
/// ```
pub fn timeout<F: Future>(duration: Duration, fut: F) -> Timeout<F> {
    purview_core::timeout(duration, fut).or_runtime(select)
}

/// Runs `fut` until an instant. Otherwise as [`timeout`].
///
/// # Errors
///
/// As [`timeout`]. If the instant is already past, `fut` is never polled.
///
/// # Cancel safety
///
/// Dropping it drops `fut`.
///
/// # Examples
///
/// ```
/// # fn main() { purview::block_on(async {
/// use std::time::Instant;
///
/// let late = purview::timeout_at(Instant::now(), async { unreachable!("the deadline is past") });
/// assert!(late.await.map(|()| 0).is_err());
/// # }) }
/// ```
pub fn timeout_at<F: Future>(at: Instant, fut: F) -> Timeout<F> {
    purview_core::timeout_at(at, fut).or_runtime(select)
}

/// Waits for `duration`, counted from the first poll.
///
/// Inside a scope it uses the scope's clock, elsewhere that of the runtime the features select.
///
/// # Cancel safety
///
/// Dropping it releases the timer.
///
/// # Examples
///
/// ```
/// # fn main() { purview::block_on(async {
/// purview::sleep(std::time::Duration::from_millis(1)).await;
/// # }) }
/// ```
pub fn sleep(duration: Duration) -> Sleep {
    purview_core::sleep(duration).or_runtime(select)
}

/// Waits until an instant. Otherwise as [`sleep`].
///
/// # Cancel safety
///
/// Dropping it releases the timer.
///
/// # Examples
///
/// ```
/// # fn main() { purview::block_on(async {
/// use std::time::{Duration, Instant};
///
/// let at = Instant::now() + Duration::from_millis(1);
/// purview::sleep_until(at).await;
/// assert!(Instant::now() >= at);
/// # }) }
/// ```
pub fn sleep_until(at: Instant) -> Sleep {
    purview_core::sleep_until(at).or_runtime(select)
}
