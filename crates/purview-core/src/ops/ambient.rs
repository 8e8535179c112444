use crate::{
    context,
    runtime::Timer,
    time::{Duration, Instant},
};

/// The instant by which the caller must be done: the earliest deadline of the scopes around it.
///
/// `None` outside any scope, where no scope has a deadline, and inside a [`shield`](crate::shield) unless one was set
/// inside it. As Go's `Context.Deadline`.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::{deadline, fail_fast};
/// use std::time::Duration;
///
/// assert_eq!(deadline(), None);
/// purview::block_on(fail_fast::<()>().timeout(Duration::from_secs(5)).run(async |_| {
///     assert!(deadline().is_some());
///     Ok(())
/// }))
/// .unwrap();
/// ```
pub fn deadline() -> Option<Instant> {
    match context::scope()? {
        (_, true) => None,
        (scope, false) => scope.deadline(),
    }
}

/// How long the caller still has, by the clock of its runtime; zero when the [`deadline`] has passed.
///
/// `None` where [`deadline`] is.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::{remaining, timeout};
/// use std::time::Duration;
///
/// let left = purview::block_on(timeout(Duration::from_secs(5), async { remaining() }));
/// assert!(left.unwrap().unwrap() <= Duration::from_secs(5));
/// ```
pub fn remaining() -> Option<Duration> {
    match context::scope()? {
        (_, true) => None,
        (scope, false) => Some(scope.deadline()?.saturating_duration_since(scope.runtime().now())),
    }
}
