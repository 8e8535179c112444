//! Many futures of one kind: all, the first, a quorum, or one after the other as they complete.
//!
//! | | go on after a failure | stop at the first failure |
//! |---|---|---|
//! | **wait for all** | [`.settled()`](Gather::settled) | the default |
//! | **stop when enough have succeeded** | [`.first_success()`](Gather::first_success), [`.quorum(k)`](Gather::quorum) | [`.first()`](Gather::first) |
//!
//! [`.as_completed()`](Gather::as_completed) and [`.for_each(..)`](Gather::for_each) hand out results as they come.

#[doc(inline)]
pub use purview_core::gather::*;

use futures_core::Stream;
use source::{Items, Pulled};

use crate::select::select;

/// Runs futures of one type concurrently; all results in the order of the input, or the first failure.
///
/// The future it returns does nothing until it is awaited; options (`.limit(n)`, `.timeout(d)`, ..) and modes
/// (`.settled()`, `.first()`, ..) come before that, in any order. All futures are polled in the awaiting task, may
/// borrow, and have been dropped when it resolves.
///
/// # On drop
///
/// Dropping it drops every future that has not ended.
///
/// # Errors
///
/// [`ScopeError`](purview_core::ScopeError): the first failure and those after it, a deadline, or a cancellation.
///
/// # Examples
///
/// ```
/// # fn main() { purview::block_on(async {
/// async fn square(n: u32) -> Result<u32, std::io::Error> {
///     Ok(n * n)
/// }
///
/// assert_eq!(purview::gather((1..4).map(square)).await.unwrap(), [1, 4, 9]);
/// let (index, value) = purview::gather((1..4).map(square)).limit(2).first_success().await.unwrap();
/// assert_eq!(value, square(index as u32 + 1).await.unwrap());
/// # }) }
/// ```
pub fn gather<I>(futures: I) -> Gather<Items<I::Item>>
where
    I: IntoIterator,
    I::Item: Future,
{
    purview_core::gather(futures).or_runtime(select)
}

/// [`gather`] for futures that a stream yields, pulled only as `.limit(n)` lets the next one start.
///
/// # Errors
///
/// As [`gather`].
///
/// # Examples
///
/// ```
/// # fn main() { purview::block_on(async {
/// use futures::{StreamExt, stream};
///
/// let halves = stream::iter([4, 2]).map(|n| async move { Ok::<_, std::io::Error>(n / 2) });
/// assert_eq!(purview::gather_stream(halves).limit(1).await.unwrap(), [2, 1]);
/// # }) }
/// ```
pub fn gather_stream<S>(stream: S) -> Gather<Pulled<S>>
where
    S: Stream,
    S::Item: Future,
{
    purview_core::gather_stream(stream).or_runtime(select)
}

/// Runs up to twelve futures of different types concurrently; a tuple of all values, or the first failure.
///
/// All share one error type. With `.settled()` it is a tuple of results, each with its own error type. Takes the options
/// of [`gather`](fn@crate::gather).
///
/// # Examples
///
/// ```
/// # fn main() { purview::block_on(async {
/// let name = async { Ok::<_, std::io::Error>("purview") };
/// let stars = async { Ok(5) };
/// let (name, stars) = purview::gather!(name, stars).await.unwrap();
/// assert_eq!((name, stars), ("purview", 5));
/// # }) }
/// ```
#[macro_export]
macro_rules! gather {
    ($($future:expr),+ $(,)?) => {
        $crate::gather::Mixed::<_>::new(($($future,)+)).or_runtime($crate::__private::select)
    };
}
