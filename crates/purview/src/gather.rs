//! Many futures of one kind: all, the first, a quorum, or one after the other as they complete.
//!
//! | | continue after a failure | stop at the first failure |
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
#[track_caller]
#[doc(alias("join_all", "try_join_all", "FuturesUnordered"))]
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
#[track_caller]
#[doc(alias("buffer_unordered"))]
pub fn gather_stream<S>(stream: S) -> Gather<Pulled<S>>
where
    S: Stream,
    S::Item: Future,
{
    purview_core::gather_stream(stream).or_runtime(select)
}

/// [`gather`] with the caller's own error: short for `gather(futures).try_all()`.
///
/// For `?` in a function that returns `anyhow::Result`, `io::Result`, or a `Result` with an enum of yours that is
/// `From<`[`Stopped`](purview_core::Stopped)`>`. The futures must fail with that same error.
///
/// # Errors
///
/// The first failure; at a deadline or a cancellation, what the error type makes of
/// [`Stopped`](purview_core::Stopped).
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
/// # fn main() -> std::io::Result<()> { purview::block_on(async {
/// use std::{io, time::Duration};
///
/// async fn fetch(id: u32) -> io::Result<String> {
///     Ok(id.to_string())
/// }
///
/// let pages = purview::try_gather((0..9).map(fetch)).limit(4).timeout(Duration::from_secs(30)).await?;
/// assert_eq!(pages.concat(), "012345678");
/// # Ok(()) }) }
/// ```
#[track_caller]
#[doc(alias("try_join_all"))]
pub fn try_gather<I>(futures: I) -> Gather<Items<I::Item>, mode::TryAll>
where
    I: IntoIterator,
    I::Item: Future,
{
    purview_core::try_gather(futures).or_runtime(select)
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
#[doc(alias("join", "try_join"))]
macro_rules! gather {
    (
        $a:expr, $b:expr, $c:expr, $d:expr, $e:expr, $f:expr, $g:expr, $h:expr, $i:expr, $j:expr, $k:expr, $l:expr,
        $($more:expr),+ $(,)?
    ) => {
        ::core::compile_error!(
            "`gather!` takes up to twelve futures: put some of them into a `gather!` of their own, or give `gather(..)` \
             futures of one type, such as boxed ones"
        )
    };
    ($($future:expr),+ $(,)?) => {
        $crate::gather::Mixed::<_>::new(($($future,)+)).or_runtime($crate::__private::select)
    };
}

/// [`gather!`](macro@crate::gather) with the caller's own error: short for `gather!(..).try_all()`.
///
/// At a deadline or a cancellation the error is what `E: From<`[`Stopped`](purview_core::Stopped)`>` makes of it.
///
/// # Examples
///
/// ```
/// # fn main() -> std::io::Result<()> { purview::block_on(async {
/// use std::{io, time::Duration};
///
/// async fn read(n: u32) -> io::Result<u32> {
///     Ok(n)
/// }
///
/// let (a, b) = purview::try_gather!(read(1), read(2)).timeout(Duration::from_secs(30)).await?;
/// assert_eq!(a + b, 3);
/// # Ok(()) }) }
/// ```
#[macro_export]
#[doc(alias("try_join"))]
macro_rules! try_gather {
    (
        $a:expr, $b:expr, $c:expr, $d:expr, $e:expr, $f:expr, $g:expr, $h:expr, $i:expr, $j:expr, $k:expr, $l:expr,
        $($more:expr),+ $(,)?
    ) => {
        ::core::compile_error!(
            "`try_gather!` takes up to twelve futures: put some of them into a `try_gather!` of their own, or give `try_gather(..)` \
             futures of one type, such as boxed ones"
        )
    };
    ($($future:expr),+ $(,)?) => {
        $crate::gather::Mixed::<_>::new(($($future,)+)).try_all().or_runtime($crate::__private::select)
    };
}
