use std::time::Duration;

use purview_core::Retry;

use crate::select::select;

/// Runs an operation until it succeeds, waiting between attempts as `delays` says.
///
/// `delays` is anything that yields durations, such as `backon`'s builders or an array; when it ends, so do the
/// attempts: `n` delays make at most `n + 1`. [`when`](Retry::when) says which errors are worth another attempt,
/// [`notify`](Retry::notify) is given each. A delay that would reach the [`deadline`](purview_core::deadline) of the
/// scope around is not begun: the error is returned at once.
///
/// The operation is an `FnMut() -> Fut`. That takes `async || ..`, but not one that mutates a captured local; a
/// `Mutex` or a `Cell` does.
///
/// # Errors
///
/// [`RetryError`](purview_core::RetryError) with the last error and the number of attempts.
///
/// # Cancel safety
///
/// Dropping it drops the attempt that is running, or the wait.
///
/// # Examples
///
/// ```
/// # fn main() { purview::block_on(async {
/// use backon::BackoffBuilder;
/// use std::{io, sync::atomic::{AtomicU32, Ordering}, time::Duration};
///
/// let attempts = AtomicU32::new(0);
/// let delays = backon::ConstantBuilder::default().with_delay(Duration::from_millis(1)).build();
/// let answer = purview::retry(delays, async || match attempts.fetch_add(1, Ordering::Relaxed) {
///     0 => Err(io::Error::from(io::ErrorKind::TimedOut)),
///     n => Ok(n),
/// })
/// .when(|e| e.kind() == io::ErrorKind::TimedOut)
/// .await;
/// assert_eq!(answer.unwrap(), 1);
/// # }) }
/// ```
pub fn retry<I, F, Fut, T, E>(delays: I, operation: F) -> Retry<I::IntoIter, F, Fut, E>
where
    I: IntoIterator<Item = Duration>,
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    purview_core::retry(delays, operation).or_runtime(select)
}
