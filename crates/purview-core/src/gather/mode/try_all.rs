//! All of them, with the caller's own error.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use super::{All, Mode, TryAll};
use crate::{
    cancel::CancelReason,
    engine::Engine,
    error::{ScopeError, Stopped},
    gather::{
        numbered::Ended,
        options::{Gather, gather},
        outcome::Outcome,
        source::{Items, Source},
    },
};

/// [`gather`] with the caller's own error: short for `gather(futures).try_all()`.
///
/// For `?` in a function that returns `anyhow::Result`, `io::Result`, or a `Result` with an enum of yours that is
/// `From<`[`Stopped`]`>`. The futures must fail with that same error.
///
/// # Errors
///
/// The first failure; at a deadline or a cancellation, what the error type makes of [`Stopped`].
///
/// # Panics
///
/// With the payload of a future that panicked, once all have been dropped.
///
/// # Cancel safety
///
/// Dropping it drops all futures and the results so far.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::try_gather;
/// use std::{io, time::Duration};
///
/// async fn fetch(id: u32) -> io::Result<String> {
///     Ok(id.to_string())
/// }
///
/// async fn pages() -> io::Result<usize> {
///     let pages = try_gather((0..9).map(fetch)).limit(4).timeout(Duration::from_secs(30)).await?;
///     Ok(pages.concat().len())
/// }
/// assert_eq!(purview::block_on(pages()).unwrap(), 9);
/// ```
#[track_caller]
pub fn try_gather<I>(futures: I) -> Gather<Items<I::Item>, TryAll>
where
    I: IntoIterator,
    I::Item: Future,
{
    gather(futures).into_mode(TryAll(()))
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Gather<S> {
    /// All of them, or the first failure, as the caller's own error: a deadline or a cancellation becomes what
    /// `E: From<`[`Stopped`]`>` makes of it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use futures::StreamExt;
    /// use std::io;
    ///
    /// async fn sizes() -> io::Result<Vec<usize>> {
    ///     let names = futures::stream::iter(["a", "bc"]);
    ///     purview::gather_stream(names.map(async |name| Ok(name.len()))).limit(1).try_all().await
    /// }
    /// assert_eq!(purview::block_on(sizes()).unwrap(), [1, 2]);
    /// ```
    pub fn try_all(self) -> Gather<S, TryAll> {
        self.into_mode(TryAll(()))
    }
}

impl<T, E> Mode<Result<T, E>> for TryAll {
    fn judge(
        &self,
        ended: Ended<Result<T, E>>,
        outcome: &mut Outcome<Result<T, E>>,
        engine: &mut Engine,
    ) -> Option<CancelReason> {
        All(()).judge(ended, outcome, engine)
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E: From<Stopped>> Future for Gather<S, TryAll> {
    type Output = Result<Vec<T>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut()
            .poll_all(cx)
            .map(|all| all.map_err(ScopeError::into_error))
    }
}
