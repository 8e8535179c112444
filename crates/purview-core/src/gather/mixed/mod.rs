//! Up to twelve futures of different types.

mod members;
mod slots;
mod tuples;
mod wakers;

use std::{
    borrow::Cow,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use self::{
    members::Slotted,
    slots::{Alike, Slots, Tuple, Unlike},
};
use super::mode::{All, Settled, TryAll};
use crate::{
    cancel::{CancelReason, CancelToken},
    engine::Limit,
    error::ScopeError,
    panic::{OneByOne, expect_panics},
    runtime::{Runtime, RuntimeChoice},
    time::{Duration, Instant},
};

pin_project! {
    /// Futures of different types, run side by side: made by [`gather!`](crate::gather!).
    ///
    /// The futures stay where they are, in this value: it makes four allocations for three of them. For what the options
    /// do, dropping it and cancellation see [`Gather`](crate::Gather).
    #[must_use = "a gather does nothing until awaited"]
    #[allow(private_bounds, reason = "the tuples of up to twelve futures, and no others")]
    pub struct Mixed<Fs: Tuple, M = All> {
        #[pin]
        slotted: Slotted<Fs::Slots>,
        mode: M,
    }
}

#[allow(private_bounds, reason = "as above")]
impl<Fs: Tuple> Mixed<Fs> {
    #[doc(hidden)]
    #[track_caller]
    pub fn new(futures: Fs) -> Self {
        Self {
            slotted: Slotted::new(futures.into_slots()),
            mode: All(()),
        }
    }

    /// Waits for all of them, whatever becomes of each: a tuple of results, each with an error type of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let both = purview::gather!(async { Ok::<_, String>(1) }, async { Err::<&str, _>(404) }).settled();
    /// let (number, page) = purview::block_on(both);
    /// assert!(number.is_ok() && page.is_err());
    /// ```
    pub fn settled(self) -> Mixed<Fs, Settled> {
        self.into_mode(Settled(()))
    }

    /// All values, or the first failure, as the caller's own error: see [`Gather::try_all`](crate::Gather::try_all).
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::Stopped;
    ///
    /// async fn both() -> Result<(u8, char), Stopped> {
    ///     purview::gather!(async { Ok(1) }, async { Ok('b') }).try_all().await
    /// }
    ///
    /// assert_eq!(purview::block_on(both()), Ok((1, 'b')));
    /// ```
    pub fn try_all(self) -> Mixed<Fs, TryAll> {
        self.into_mode(TryAll(()))
    }

    fn into_mode<M>(self, mode: M) -> Mixed<Fs, M> {
        Mixed {
            slotted: self.slotted,
            mode,
        }
    }
}

#[allow(private_bounds, reason = "as above")]
impl<Fs: Tuple, M> Mixed<Fs, M> {
    /// A deadline, `timeout` after the first poll; [`Duration::MAX`], or one too large for the clock, is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::{future::pending, time::Duration};
    ///
    /// let late = purview::gather!(async { Ok::<_, ()>(1) }, pending::<Result<(), ()>>());
    /// let error = purview::block_on(late.timeout(Duration::from_millis(1))).unwrap_err();
    /// assert!(error.is_deadline_exceeded());
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.slotted.options.bound.after(timeout);
        self
    }

    /// An absolute deadline, on the clock of the gather's runtime.
    pub fn deadline(mut self, at: Instant) -> Self {
        self.slotted.options.bound.at_instant(at);
        self
    }

    /// How long futures that hold are waited for when the others have been dropped. Default: no bound.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.slotted.options.grace = Some(grace);
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
    /// let one_by_one = purview::gather!(async { Ok::<_, ()>(1) }, async { Ok("two") }).limit(1);
    /// assert_eq!(purview::block_on(one_by_one).unwrap(), (1, "two"));
    /// ```
    #[track_caller]
    pub fn limit(mut self, n: impl Limit) -> Self {
        self.slotted.options.limit = Some(n.into_limit());
        self
    }

    /// Never more than `max` futures start in any window of `period`. They start evenly, one every `period / max`.
    ///
    /// # Panics
    ///
    /// For a `max` of 0 or a `period` of zero.
    #[cfg(feature = "rate-limit")]
    #[track_caller]
    pub fn rate(mut self, max: u32, period: Duration) -> Self {
        self.slotted.options.rate = Some(crate::engine::Rate::new(max, period));
        self
    }

    #[cfg(not(feature = "rate-limit"))]
    #[doc(hidden)]
    pub fn rate(self, _: u32, _: Duration) -> Self
    where
        Self: super::without_features::RateLimited,
    {
        self
    }

    /// Makes the span of each future, which it is polled in: see [`Gather::span`](crate::Gather::span).
    #[cfg(feature = "tracing")]
    pub fn span(mut self, make: impl Fn(&crate::TaskInfo) -> tracing::Span + Send + Sync + 'static) -> Self {
        self.slotted.options.spans.make_with(make);
        self
    }

    #[cfg(not(feature = "tracing"))]
    #[doc(hidden)]
    pub fn span<R>(self, _: impl Fn(&crate::TaskInfo) -> R) -> Self
    where
        Self: super::without_features::Traced,
    {
        self
    }

    /// How the gather is called; its futures are `name/0`, `name/1` and so on.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let page = purview::gather!(async { Ok(1) }, async { Err::<(), _>("out of stock") }).name("page");
    /// assert_eq!(purview::block_on(page).unwrap_err().to_string(), "page/1: out of stock");
    /// ```
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.slotted.options.name = Some(name.into());
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
    /// let page = purview::gather!(async { Ok::<_, String>(1) }, async { Ok::<_, String>(2) }).cancel_on(&shutdown);
    /// assert_eq!(purview::block_on(page).unwrap_err().to_string(), "cancelled on request: maintenance");
    /// ```
    pub fn cancel_on(mut self, token: impl Into<CancelToken>) -> Self {
        self.slotted.options.cancel_on.push(token.into());
        self
    }

    /// Which runtime keeps the time. Default: as for a [scope](crate::Builder::runtime).
    pub fn runtime(mut self, runtime: impl Runtime + 'static) -> Self {
        self.slotted.options.runtime = Some(Arc::new(runtime));
        self
    }

    /// For facades: the runtime to use where neither the caller nor a scope around names one.
    #[doc(hidden)]
    pub fn or_runtime(mut self, choose: RuntimeChoice) -> Self {
        self.slotted.options.fallback = Some(choose);
        self
    }
}

#[allow(private_bounds, reason = "as above")]
impl<Fs: Tuple<Slots: Alike>, M> Mixed<Fs, M> {
    #[expect(clippy::type_complexity, reason = "it is what the future of each tuple gives")]
    fn poll_alike(
        self: Pin<&mut Self>,
        cx: &Context<'_>,
    ) -> Poll<Result<<Fs::Slots as Alike>::Values, ScopeError<<Fs::Slots as Alike>::Error>>> {
        let _expected = expect_panics();
        let mut slotted = self.project().slotted;
        ready!(slotted.as_mut().poll(cx, true));
        let (mut slots, stopped, failed, node) = slotted.ended();
        let values = if stopped.is_none() {
            slots.as_mut().take_values()
        } else {
            None
        };
        Poll::Ready(values.ok_or_else(|| {
            let failures = failed
                .into_iter()
                .filter_map(|index| slots.as_mut().take_failure(index, node.naming()));
            let mut failures = OneByOne::new(failures.collect::<Vec<_>>());
            slots.as_mut().drop_others();
            ScopeError::new(stopped.unwrap_or(CancelReason::Failed), failures.take_all())
        }))
    }
}

#[allow(private_bounds, reason = "as above")]
impl<Fs: Tuple<Slots: Unlike>> Mixed<Fs, Settled> {
    fn poll_unlike(self: Pin<&mut Self>, cx: &Context<'_>) -> Poll<<Fs::Slots as Unlike>::Results> {
        let _expected = expect_panics();
        let mut slotted = self.project().slotted;
        ready!(slotted.as_mut().poll(cx, false));
        Poll::Ready(slotted.slots().take_results())
    }
}

impl<Fs: Tuple, M: fmt::Debug> fmt::Debug for Mixed<Fs, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mixed")
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}
