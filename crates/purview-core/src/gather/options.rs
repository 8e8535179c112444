use std::{borrow::Cow, fmt, sync::Arc};

use futures_core::Stream;

use super::{
    mode::{self, All},
    opened::Opened,
    outcome::Outcome,
    source::{Items, Pulled, Source},
};
use crate::{
    cancel::CancelToken,
    engine::{Limit, Options},
    runtime::{Runtime, RuntimeChoice},
    time::{Duration, Instant},
};

/// Many futures of one kind, run side by side in the task that awaits them: made by [`gather`] or [`gather_stream`].
///
/// The mode says what is waited for; every option may come before or after it.
///
/// | | waits for all | waits for some |
/// |---|---|---|
/// | stops at the first failure | `gather(..)` | [`first`](Self::first) |
/// | continues after failures | [`settled`](Self::settled), [`as_completed`](Self::as_completed), [`for_each`](Self::for_each) | [`first_success`](Self::first_success), [`quorum`](Self::quorum) until it is out of reach |
///
/// The futures may borrow, and need not be `Send`: the gather is `Send` exactly when they are. It is a scope of its own:
/// those that hold (see [`shield`](crate::shield)) are waited for when the others have been dropped, and a panic of one
/// is resumed here once all have been dropped, except in the modes that report each future by itself.
///
/// **Dropping it** drops all futures at once, newest first.
///
/// # Cancel safety
///
/// Dropping it drops the results so far; only [`as_completed`](Self::as_completed) hands out results as they
/// come.
#[must_use = "a gather does nothing until awaited"]
pub struct Gather<S: Source, M = All> {
    /// Until the first poll.
    pub(super) source: Option<S>,
    pub(super) mode: M,
    /// Whether each future is reported by itself, also where it panicked or was dropped.
    pub(super) reports_each: bool,
    pub(super) options: Options,
    /// From the first poll on.
    pub(super) opened: Option<Opened<S>>,
    pub(super) outcome: Outcome<<S::Future as Future>::Output>,
}

/// The stream of [`Gather::as_completed`].
pub type Completed<F> = Gather<Items<F>, mode::Completed>;

/// Runs the futures side by side and resolves to all their values, in the order of the input, or to the first failure.
///
/// # Errors
///
/// A [`ScopeError`](crate::ScopeError) that names the future by its index: the third one is `name/2` after the gather's
/// [`name`](Gather::name), else after the task around; outside of all names it is `task-2`.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::gather;
///
/// async fn fetch(id: u32) -> Result<String, String> {
///     if id == 13 { Err("unlucky".into()) } else { Ok(id.to_string()) }
/// }
///
/// purview::block_on(async {
///     assert_eq!(gather((1..=3).map(fetch)).limit(2).await.unwrap(), ["1", "2", "3"]);
///     let error = gather([1, 13].map(fetch)).await.unwrap_err();
///     assert_eq!(error.to_string(), "task-1: unlucky");
/// });
/// ```
#[track_caller]
pub fn gather<I>(futures: I) -> Gather<Items<I::Item>>
where
    I: IntoIterator,
    I::Item: Future,
{
    Gather::new(Items::new(futures))
}

/// As [`gather`], pulling the futures from a stream as there is room for them: give it a [`limit`](Gather::limit).
///
/// Without a limit it pulls whatever the stream has, at once. When the gather is cut short it pulls no more. A stream that
/// panics ends the gather like a future that does.
///
/// Other than `StreamExt::buffer_unordered`, whose futures stand still while its consumer awaits,
/// [`for_each`](Gather::for_each) polls futures and closure side by side.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use futures::StreamExt;
/// use purview::gather_stream;
///
/// let ids = futures::stream::iter(1..=100);
/// let all = gather_stream(ids.map(async |id| Ok::<u32, ()>(id))).limit(10);
/// assert_eq!(purview::block_on(all).unwrap().iter().sum::<u32>(), 5050);
/// ```
#[track_caller]
pub fn gather_stream<S>(stream: S) -> Gather<Pulled<S>>
where
    S: Stream,
    S::Item: Future,
{
    Gather::new(Pulled::new(stream))
}

impl<S: Source> Gather<S> {
    #[track_caller]
    fn new(source: S) -> Self {
        Self {
            source: Some(source),
            mode: All(()),
            reports_each: false,
            options: Options::default().opened_here(),
            opened: None,
            outcome: Outcome::new(),
        }
    }
}

impl<S: Source, M> Gather<S, M> {
    /// A deadline, `timeout` after the first poll; [`Duration::MAX`], or one too large for the clock, is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::{future::pending, time::Duration};
    ///
    /// let late = purview::gather([pending::<Result<(), String>>()]).timeout(Duration::from_millis(1));
    /// assert_eq!(purview::block_on(late).unwrap_err().to_string(), "deadline exceeded");
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.bound.after(timeout);
        self
    }

    /// An absolute deadline, on the clock of the gather's runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::time::{Duration, Instant};
    ///
    /// let until = Instant::now() + Duration::from_secs(5);
    /// let pages = purview::gather([1, 2].map(async |page| Ok::<_, ()>(page))).deadline(until);
    /// assert_eq!(purview::block_on(pages).unwrap(), [1, 2]);
    /// ```
    pub fn deadline(mut self, at: Instant) -> Self {
        self.options.bound.at_instant(at);
        self
    }

    /// How long futures that hold are waited for when the others have been dropped. Default: no bound.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::{future::pending, time::Duration};
    ///
    /// let stubborn = purview::gather([purview::shield(pending::<Result<(), ()>>())]);
    /// let stubborn = stubborn.timeout(Duration::from_millis(1)).grace(Duration::from_millis(1));
    /// assert!(purview::block_on(stubborn).is_err()); // after two milliseconds
    /// ```
    pub fn grace(mut self, grace: Duration) -> Self {
        self.options.grace = Some(grace);
        self
    }

    /// Never more than `n` futures are started and unfinished. Default: no limit.
    ///
    /// # Panics
    ///
    /// For a `usize` of zero, with which nothing could ever run.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::cell::Cell;
    ///
    /// let running = Cell::new(0);
    /// let work = (0..100).map(async |n| {
    ///     running.set(running.get() + 1);
    ///     purview::checkpoint().await;
    ///     assert!(running.get() <= 8);
    ///     running.set(running.get() - 1);
    ///     Ok::<_, ()>(n)
    /// });
    /// assert_eq!(purview::block_on(purview::gather(work).limit(8)).unwrap().len(), 100);
    /// ```
    #[track_caller]
    #[doc(alias("semaphore"))]
    pub fn limit(mut self, n: impl Limit) -> Self {
        self.options.limit = Some(n.into_limit());
        self
    }

    /// Never more than `max` futures start in any window of `period`. They start evenly, one every `period / max`.
    ///
    /// # Panics
    ///
    /// For a `max` of 0 or a `period` of zero.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::time::Duration;
    ///
    /// let calls = (0..3).map(async |n| Ok::<_, ()>(n));
    /// let calls = purview::gather(calls).rate(1000, Duration::from_secs(1)); // one each millisecond
    /// assert_eq!(purview::block_on(calls).unwrap(), [0, 1, 2]);
    /// ```
    #[cfg(feature = "rate-limit")]
    #[track_caller]
    pub fn rate(mut self, max: u32, period: Duration) -> Self {
        self.options.rate = Some(crate::engine::Rate::new(max, period));
        self
    }

    /// Makes the span of each future, which it is polled in.
    ///
    /// `make` is called when the future starts, and only in a process that has a subscriber. The parent is the span that is
    /// current where the gather is first polled. A field `outcome` that is declared [empty](tracing::field::Empty) has on
    /// close how the future ended: `returned`, `failed`, `panicked`, or `cancelled` and why. By default the futures have
    /// spans where the gather has a [name](Self::name): `task`, of level `DEBUG` and target `purview`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let pages = (1..=3).map(async |page: u32| Ok::<_, std::io::Error>(page));
    /// let pages = purview::gather(pages).name("page").span(|task| tracing::info_span!("page", name = task.name()));
    /// assert_eq!(purview::block_on(pages).unwrap(), [1, 2, 3]);
    /// ```
    #[cfg(feature = "tracing")]
    pub fn span(mut self, make: impl Fn(&crate::TaskInfo) -> tracing::Span + Send + Sync + 'static) -> Self {
        self.options.spans.make_with(make);
        self
    }

    /// How the gather is called; its futures are `name/0`, `name/1` and so on, by their index.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let pings = purview::gather([async { Err::<(), _>("no route") }]).name("ping");
    /// assert_eq!(purview::block_on(pings).unwrap_err().to_string(), "ping/0: no route");
    /// ```
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.options.name = Some(name.into());
        self
    }

    /// Cancels the gather when the token is, for the same reason.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::CancelToken;
    ///
    /// let shutdown = CancelToken::new();
    /// shutdown.cancel_with("maintenance");
    /// let work = purview::gather([std::future::pending::<Result<(), String>>()]).cancel_on(&shutdown);
    /// assert_eq!(purview::block_on(work).unwrap_err().to_string(), "cancelled on request: maintenance");
    /// ```
    pub fn cancel_on(mut self, token: impl Into<CancelToken>) -> Self {
        self.options.cancel_on.push(token.into());
        self
    }

    /// Which runtime keeps the time. Default: as for a [scope](crate::Builder::runtime).
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::Embedded;
    ///
    /// let pages = purview::gather([1, 2].map(async |page| Ok::<_, ()>(page))).runtime(Embedded);
    /// assert_eq!(purview::block_on(pages).unwrap(), [1, 2]);
    /// ```
    pub fn runtime(mut self, runtime: impl Runtime + 'static) -> Self {
        self.options.runtime = Some(Arc::new(runtime));
        self
    }

    /// For facades: the runtime to use where neither the caller nor a scope around names one.
    #[doc(hidden)]
    pub fn or_runtime(mut self, choose: RuntimeChoice) -> Self {
        self.options.fallback = Some(choose);
        self
    }

    pub(super) fn each_reported(mut self) -> Self {
        self.reports_each = true;
        self
    }

    pub(super) fn into_mode<N>(self, mode: N) -> Gather<S, N> {
        Gather {
            source: self.source,
            mode,
            reports_each: self.reports_each,
            options: self.options,
            opened: self.opened,
            outcome: self.outcome,
        }
    }
}

impl<S: Source<Future: Future<Output = Result<T, E>>>, T, E> Gather<S> {
    /// Waits for all of them, whatever becomes of each: one result for each future, in the order of the input. At a
    /// deadline or a cancellation those that have not ended are `Cancelled`; the others are kept. With a stream, those
    /// that were pulled. As `asyncio.gather(return_exceptions=True)`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::gather;
    ///
    /// let results = purview::block_on(gather([async { Ok(1) }]).settled());
    /// assert!(matches!(results[..], [Ok::<_, purview::TaskError<()>>(1)]));
    /// ```
    #[doc(alias("all_settled", "return_exceptions"))]
    pub fn settled(self) -> Gather<S, mode::Settled> {
        self.each_reported().into_mode(mode::Settled(()))
    }

    /// Whichever ends first, in whatever way; the others are dropped. No input is [`Empty`](crate::Empty) at once. At a
    /// deadline or a cancellation it is the lowest unfinished future, `Cancelled`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{Empty, gather};
    ///
    /// purview::block_on(async {
    ///     let (index, ended) = gather([async { Err::<(), _>("a failure is an end too") }]).first().await.unwrap();
    ///     assert!(index == 0 && ended.is_err());
    ///     let none = std::iter::empty::<std::future::Ready<Result<(), ()>>>();
    ///     assert_eq!(gather(none).first().await.unwrap_err(), Empty);
    /// });
    /// ```
    #[doc(alias("select", "race"))]
    pub fn first(self) -> Gather<S, mode::First> {
        self.into_mode(mode::First(()))
    }

    /// Whichever succeeds first; the others are dropped. If none does, the error has all failures; with no input it has
    /// none, and reason [`Ended`](crate::CancelReason::Ended).
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// async fn ask(mirror: &str) -> Result<&str, &str> {
    ///     if mirror == "down" { Err("refused") } else { Ok(mirror) }
    /// }
    ///
    /// let first = purview::gather(["down", "up"].map(ask)).first_success();
    /// assert_eq!(purview::block_on(first).unwrap(), (1, "up"));
    /// ```
    #[doc(alias("select_ok", "race_ok"))]
    pub fn first_success(self) -> Gather<S, mode::FirstSuccess> {
        self.into_mode(mode::FirstSuccess(()))
    }

    /// The first `k` that succeed, with their index, in the order they did; the others are dropped. Fails as soon as `k`
    /// is out of reach: with reason [`Ended`](crate::CancelReason::Ended) where there never were so many futures and none
    /// has failed, else [`Failed`](crate::CancelReason::Failed). `quorum(0)` is ready at once.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// async fn ask(replica: u8) -> Result<u8, &'static str> {
    ///     if replica == 2 { Err("down") } else { Ok(replica) }
    /// }
    ///
    /// let two = purview::gather([1, 2, 3].map(ask)).quorum(2);
    /// assert_eq!(purview::block_on(two).unwrap(), [(0, 1), (2, 3)]);
    /// let three = purview::gather([1, 2, 3].map(ask)).quorum(3);
    /// assert!(purview::block_on(three).unwrap_err().is_failed());
    /// ```
    pub fn quorum(self, k: usize) -> Gather<S, mode::Quorum> {
        self.into_mode(mode::Quorum(k))
    }

    /// A stream of the results, each as it comes, with its index. At a deadline or a cancellation those that have not
    /// ended are `Cancelled`.
    ///
    /// The futures run while the stream is being polled, and stand still while its consumer awaits something else: where
    /// that matters use [`for_each`](Self::for_each).
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use futures::StreamExt;
    ///
    /// purview::block_on(async {
    ///     let mut done = purview::gather((0..3).map(async |n| Ok::<_, ()>(n * n))).as_completed();
    ///     while let Some((index, result)) = done.next().await {
    ///         assert_eq!(result.unwrap(), index * index);
    ///     }
    /// });
    /// ```
    #[doc(alias("FuturesUnordered"))]
    pub fn as_completed(self) -> Gather<S, mode::Completed> {
        self.each_reported().into_mode(mode::Completed(()))
    }
}

impl<S: Source, M> Unpin for Gather<S, M> {}

impl<S: Source, M: fmt::Debug> fmt::Debug for Gather<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gather")
            .field("mode", &self.mode)
            .field("name", &self.options.name)
            .field(
                "running",
                &self.opened.as_ref().map_or(0, |opened| opened.futures.running),
            )
            .finish_non_exhaustive()
    }
}
