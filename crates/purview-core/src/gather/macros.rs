/// Runs up to twelve futures of different types side by side, and resolves to a tuple of their values or to the first
/// failure.
///
/// They share one error type, except with `.settled()`, which gives a tuple of results, each with an error type of its
/// own. For the options see [`Gather`](crate::Gather).
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::gather;
///
/// purview::block_on(async {
///     let (a, b) = gather!(async { Ok::<_, String>(1) }, async { Ok("two") }).await.unwrap();
///     assert_eq!((a, b), (1, "two"));
///
///     let (a, b) = gather!(async { Ok::<_, String>(1) }, async { Err::<(), _>(2) }).settled().await;
///     assert!(a.is_ok() && b.is_err());
/// });
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
    ($($future:expr),+ $(,)?) => { $crate::gather::Mixed::<_>::new(($($future,)+)) };
}

/// [`gather!`](crate::gather!) with the caller's own error: short for `gather!(..).try_all()`.
///
/// At a deadline or a cancellation the error is what `E: From<`[`Stopped`](crate::Stopped)`>` makes of it. For the options
/// see [`Gather`](crate::Gather).
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use std::{io, time::Duration};
///
/// async fn both() -> io::Result<(u32, &'static str)> {
///     purview::try_gather!(async { Ok(1) }, async { Ok("two") }).timeout(Duration::from_secs(30)).await
/// }
/// assert_eq!(purview::block_on(both()).unwrap(), (1, "two"));
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
    ($($future:expr),+ $(,)?) => { $crate::gather::Mixed::<_>::new(($($future,)+)).try_all() };
}
