use std::{borrow::Cow, fmt, sync::Arc};

use super::{
    handle::Scope,
    kind::{Local, Threads},
    run::{Run, TryRun},
};
use crate::{
    cancel::CancelToken,
    engine::{Limit, Options},
    policy::{FailFast, Policy, Settled},
    runtime::{Runtime, RuntimeChoice},
    time::{Duration, Instant},
};

/// Builder for a scope; from [`fail_fast`], [`settled`] or [`with_policy`].
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::fail_fast;
/// use std::time::Duration;
///
/// let out = purview::block_on(
///     fail_fast::<std::io::Error>().name("import").timeout(Duration::from_secs(30)).limit(8).run(async |s| {
///         let rows = (0..100).map(|n| s.spawn(async move { Ok(n) })).collect::<Vec<_>>();
///         let mut sum = 0;
///         for row in rows {
///             sum += row.await;
///         }
///         Ok(sum)
///     }),
/// );
/// assert_eq!(out.unwrap(), 4950);
/// ```
#[must_use = "a builder does nothing until `run`, `run_local` or `open` is called"]
pub struct Builder<P> {
    pub(super) policy: P,
    pub(super) options: Options,
}

/// A scope that the first failure ends; its error says which task failed, why, and what else failed: see [`FailFast`].
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::fail_fast;
///
/// let run = fail_fast().name("import").run(async |s| {
///     s.task().name("users").spawn(async { Err::<(), _>("connection refused") });
///     Ok(())
/// });
/// assert_eq!(purview::block_on(run).unwrap_err().to_string(), "users: connection refused");
/// ```
pub fn fail_fast<E>() -> Builder<FailFast<E>> {
    with_policy(FailFast::new())
}

/// A scope in which a failure affects no other task: see [`Settled`].
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::settled;
///
/// let out = purview::block_on(settled().run(async |s| {
///     let good = s.spawn(async { Ok(1) });
///     s.task().name("bad").spawn(async { Err::<(), _>("broken") });
///     Ok(good.await.unwrap_or(0))
/// }));
/// let settlement = out.unwrap();
/// assert_eq!(settlement.value, 1);
/// assert_eq!(settlement.failures[0].to_string(), "bad: broken");
/// ```
pub fn settled<E>() -> Builder<Settled<E>> {
    with_policy(Settled::new())
}

/// A scope under a [policy](Policy) of your own.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::{JoinAll, with_policy};
///
/// let run = with_policy(JoinAll::new()).name("sum").run(async |s| s.spawn(async { 1 }).await + 1);
/// assert_eq!(purview::block_on(run), 2);
/// ```
pub fn with_policy<P: Policy>(policy: P) -> Builder<P> {
    Builder {
        policy,
        options: Options::default(),
    }
}

impl<P: Policy> Builder<P> {
    /// How the scope is called: its children without names are `name/1`, `name/2` and so on.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let run = purview::fail_fast::<()>().name("import").run(async |s| {
    ///     let first = s.spawn(async { Ok(()) });
    ///     Ok(first.name().to_owned())
    /// });
    /// assert_eq!(purview::block_on(run).unwrap(), "import/1");
    /// ```
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.options.name = Some(name.into());
        self
    }

    /// A deadline, `timeout` after the first poll; [`Duration::MAX`], or one too large for the clock, is none.
    /// With several of these and [`deadline`](Self::deadline) the earliest counts, and so does one of a scope around.
    /// Default: none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::{future::pending, time::Duration};
    ///
    /// let run = purview::fail_fast::<()>().timeout(Duration::from_millis(1)).run(async |_| pending::<Result<(), ()>>().await);
    /// assert!(purview::block_on(run).unwrap_err().is_deadline_exceeded());
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.bound.after(timeout);
        self
    }

    /// An absolute deadline, on the clock of the scope's runtime. One that has passed when the scope is first polled
    /// keeps the body from being polled at all. Default: none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::time::Instant;
    ///
    /// let run = purview::fail_fast::<()>().deadline(Instant::now()).run(async |_| -> Result<(), ()> {
    ///     unreachable!("it is too late to begin")
    /// });
    /// assert!(purview::block_on(run).unwrap_err().is_deadline_exceeded());
    /// ```
    pub fn deadline(mut self, at: Instant) -> Self {
        self.options.bound.at_instant(at);
        self
    }

    /// How long children that hold are waited for, from the cancellation on; then they are dropped too.
    ///
    /// When it ends it ends for the whole subtree: all children are dropped, and the finalizers in it, innermost scopes first,
    /// share one further grace of the same length. So a scope that is cancelled takes at most twice its grace, plus what
    /// closures that run take.
    ///
    /// Default: no bound, as in trio and Kotlin. [`Duration::ZERO`]: nothing is waited for, and no finalizer runs. The
    /// grace of a scope around bounds this one as well. It costs nothing where nothing holds.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::{future::pending, time::Duration};
    ///
    /// let run = purview::fail_fast::<()>().grace(Duration::from_millis(1)).run(async |s| {
    ///     s.spawn(purview::shield(pending::<Result<(), ()>>()));
    ///     purview::checkpoint().await;
    ///     s.cancel();
    ///     pending().await
    /// });
    /// let stopped: Result<(), _> = purview::block_on(run); // after a millisecond
    /// assert!(stopped.unwrap_err().is_cancelled());
    /// ```
    pub fn grace(mut self, grace: Duration) -> Self {
        self.options.grace = Some(grace);
        self
    }

    /// Never more than `n` children are started and unfinished; the others wait in the order they were spawned.
    /// Default: no limit.
    ///
    /// # Panics
    ///
    /// For a `usize` of zero, with which nothing could ever run.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let run = purview::fail_fast::<()>().limit(1).run(async |s| {
    ///     s.spawn(async { purview::checkpoint().await; Ok(()) });
    ///     Ok(s.try_spawn(async { Ok(()) }).is_err())
    /// });
    /// assert!(purview::block_on(run).unwrap());
    /// ```
    #[track_caller]
    #[doc(alias("semaphore"))]
    pub fn limit(mut self, n: impl Limit) -> Self {
        self.options.limit = Some(n.into_limit());
        self
    }

    /// Never more than `max` children start in any window of `period`, in the order they were spawned. They start evenly,
    /// one every `period / max`. Default: no limit.
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
    /// let run = purview::fail_fast::<()>().rate(1000, Duration::from_secs(1)).run(async |s| {
    ///     (0..3).for_each(|_| drop(s.spawn(async { Ok(()) }))); // one starts each millisecond
    ///     Ok(())
    /// });
    /// assert!(purview::block_on(run).is_ok());
    /// ```
    #[cfg(feature = "rate-limit")]
    #[track_caller]
    pub fn rate(mut self, max: u32, period: Duration) -> Self {
        self.options.rate = Some(crate::engine::Rate::new(max, period));
        self
    }

    /// Cancels the scope when the token is, for the same reason. May be given several times; one that is cancelled already
    /// keeps the body from being polled at all. Default: none.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{CancelToken, fail_fast};
    ///
    /// let shutdown = CancelToken::new();
    /// shutdown.cancel_with("maintenance");
    /// let out = purview::block_on(fail_fast::<std::io::Error>().cancel_on(&shutdown).run(async |_| Ok(())));
    /// assert_eq!(out.unwrap_err().to_string(), "cancelled on request: maintenance");
    /// ```
    pub fn cancel_on(mut self, token: impl Into<CancelToken>) -> Self {
        self.options.cancel_on.push(token.into());
        self
    }

    /// Makes the span of each task of the scope: of its children, finalizers and body, and of an open scope itself.
    ///
    /// `make` is called where the task is spawned, or first polled if it is the body, and only in a process that has a
    /// subscriber. The span that is current there is the parent, in an open scope the scope's own span. Where `make` gives a
    /// span that is disabled, or none, the task runs in that parent. A field `outcome` that is declared
    /// [empty](tracing::field::Empty) has on close how the task ended: see [`TaskBuilder::span`](crate::TaskBuilder::span),
    /// which comes before this one. By default the span is `task`, of level `DEBUG` and target `purview`, with the fields
    /// `id`, `name` and `outcome`.
    ///
    /// A panic of `make` is one of what spawns, and for the body one of the body.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::settled;
    ///
    /// let rows = settled::<std::io::Error>().name("row").span(|task| tracing::info_span!("row", name = task.name()));
    /// let out = purview::block_on(rows.run(async |s| {
    ///     s.spawn(async {
    ///         tracing::info!("inside of the span row");
    ///         Ok(())
    ///     });
    ///     Ok(())
    /// }));
    /// assert!(out.is_ok());
    /// ```
    #[cfg(feature = "tracing")]
    pub fn span(mut self, make: impl Fn(&crate::TaskInfo) -> tracing::Span + Send + Sync + 'static) -> Self {
        self.options.spans.make_with(make);
        self
    }

    /// Which runtime keeps the time and runs parallel children.
    ///
    /// Default: the enclosing scope's; else the one the facade selected by its features; else
    /// [`Embedded`](crate::Embedded).
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{Embedded, fail_fast, sleep};
    /// use std::time::Duration;
    ///
    /// let run = fail_fast::<()>().runtime(Embedded).run(async |_| {
    ///     sleep(Duration::from_millis(1)).await; // on the embedded timer, whatever executor polls this
    ///     Ok(())
    /// });
    /// assert!(purview::block_on(run).is_ok());
    /// ```
    pub fn runtime(mut self, runtime: impl Runtime + 'static) -> Self {
        self.options.runtime = Some(Arc::new(runtime));
        self
    }

    /// For facades: the runtime to use where neither the builder nor a scope around names one.
    #[doc(hidden)]
    pub fn or_runtime(mut self, choose: RuntimeChoice) -> Self {
        self.options.fallback = Some(choose);
        self
    }

    /// Opens the scope, calls `body` with its handle at once, and gives the future that runs both.
    ///
    /// The body is polled like a child, beside the others. See [`Run`] for what dropping and panics do.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::fail_fast;
    ///
    /// let run = fail_fast::<std::num::ParseIntError>().run(async |s| {
    ///     let one = s.spawn(async { "1".parse::<u8>() });
    ///     Ok(one.await + "2".parse::<u8>()?)
    /// });
    /// assert_eq!(purview::block_on(run).unwrap(), 3);
    /// ```
    #[track_caller]
    pub fn run<'env, F, B, R>(self, body: F) -> Run<'env, P, B, R>
    where
        F: FnOnce(Scope<'env, P, Threads>) -> B,
        B: Future<Output = P::Child<R>>,
    {
        Run::new(self.policy, self.options.opened_here(), body)
    }

    /// As [`run`](Self::run), with children that need not be `Send`; the scope is then not `Send` either.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use std::rc::Rc;
    ///
    /// let name = Rc::new("ann");
    /// let run = purview::fail_fast::<()>().run_local(async |s| {
    ///     let name = name.clone();
    ///     Ok(s.spawn(async move { Ok(name.len()) }).await)
    /// });
    /// assert_eq!(purview::block_on(run).unwrap(), 3);
    /// ```
    #[track_caller]
    pub fn run_local<'env, F, B, R>(self, body: F) -> Run<'env, P, B, R, Local>
    where
        F: FnOnce(Scope<'env, P, Local>) -> B,
        B: Future<Output = P::Child<R>>,
    {
        Run::new(self.policy, self.options.opened_here(), body)
    }
}

impl<E> Builder<FailFast<E>> {
    /// For facades: what [`try_scope`](crate::try_scope) is.
    #[track_caller]
    #[doc(hidden)]
    pub fn run_bare<'env, F, B, R>(mut self, body: F) -> TryRun<'env, E, B, R>
    where
        F: FnOnce(Scope<'env, FailFast<E>, Threads>) -> B,
        B: Future<Output = Result<R, E>>,
    {
        self.policy = FailFast::bare();
        TryRun::new(self.run(body), FailFast::bare_error)
    }

    /// For facades: what [`try_local_scope`](crate::try_local_scope) is.
    #[track_caller]
    #[doc(hidden)]
    pub fn run_local_bare<'env, F, B, R>(mut self, body: F) -> TryRun<'env, E, B, R, Local>
    where
        F: FnOnce(Scope<'env, FailFast<E>, Local>) -> B,
        B: Future<Output = Result<R, E>>,
    {
        self.policy = FailFast::bare();
        TryRun::new(self.run_local(body), FailFast::bare_error)
    }
}

impl<P> fmt::Debug for Builder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("name", &self.options.name)
            .field("bound", &self.options.bound)
            .field("grace", &self.options.grace)
            .field("limit", &self.options.limit)
            .finish_non_exhaustive()
    }
}
