use purview_core::Unblocked;

use crate::select::select;

/// Runs a closure that may block on the blocking pool of the runtime that serves here, and gives what it returns.
///
/// For one blocking call in the middle of async code, in a scope or outside any. Where it should be a child that can be
/// cancelled, is given a token, and is counted by the scope, use
/// [`Scope::spawn_blocking`](purview_core::Scope::spawn_blocking). As Python's `asyncio.to_thread` and trio's
/// `to_thread.run_sync`.
///
/// The closure is given to the pool at the first poll. **While it runs, the task that awaits it holds**: when its scope is
/// cancelled it is polled until the closure has ended, within the grace of the scopes around. A closure that the pool
/// has not started is skipped then. [`abandon`](Unblocked::abandon) turns that off.
///
/// **Dropping the future** before the closure has started skips it. One that runs cannot be stopped: it keeps running,
/// and its value is dropped.
///
/// Inside the closure, [`current`](purview_core::current), [`deadline`](fn@purview_core::deadline) and context values are
/// those of the caller, and [`block_on`](crate::block_on) may be called.
///
/// # Panics
///
/// With the payload of the closure's panic. Where the runtime has no pool, or has been shut down, with a message that says
/// so. When polled again after it has completed.
///
/// # Cancel safety
///
/// Not cancel-safe: dropping it loses the value. Poll it by reference to keep it.
///
/// # Examples
///
/// ```
/// # #[cfg(not(feature = "blocking"))] fn main() {}
/// # #[cfg(feature = "blocking")] fn main() { purview::block_on(async {
/// let text = "a long text".to_owned();
/// let words = purview::spawn_blocking(move || text.split(' ').count()).await;
/// assert_eq!(words, 3);
/// # }) }
/// ```
#[track_caller]
pub fn spawn_blocking<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Unblocked<T> {
    purview_core::spawn_blocking(f).or_runtime(select)
}
