//! A fail-fast scope with all options, and the caller's own error.

use super::{
    builder::Builder,
    handle::Scope,
    kind::{Local, Threads},
    run::TryRun,
};
use crate::{
    error::{ScopeError, Stopped},
    policy::FailFast,
};

impl<E> Builder<FailFast<E>> {
    /// As [`run`](Self::run), with the caller's own error: the first failure, or what `E: From<`[`Stopped`]`>` makes of a
    /// deadline or a cancellation.
    ///
    /// For `?` in a function that returns `anyhow::Result`, `io::Result`, or a `Result` with an enum of yours. It differs
    /// from [`try_scope`](crate::try_scope) in that it takes options, and has a value for a cancellation.
    ///
    /// **Dropping the future** drops the body and every child, at once.
    ///
    /// # Errors
    ///
    /// See [`ScopeError::into_error`].
    ///
    /// # Panics
    ///
    /// With the payload of a child or body that panicked, once all have been dropped.
    ///
    /// # Cancel safety
    ///
    /// As [`Run`](crate::Run).
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::fail_fast;
    /// use std::{io, time::Duration};
    ///
    /// async fn read(table: &str) -> io::Result<Vec<&str>> {
    ///     Ok(vec![table; 2])
    /// }
    ///
    /// async fn import() -> io::Result<usize> {
    ///     let rows = fail_fast().name("import").timeout(Duration::from_secs(30)).try_run(async |s| {
    ///         let rows = s.spawn(read("users"));
    ///         Ok(rows.await)
    ///     });
    ///     Ok(rows.await?.len())
    /// }
    /// assert_eq!(purview::block_on(import()).unwrap(), 2);
    /// ```
    #[track_caller]
    pub fn try_run<'env, F, B, R>(self, body: F) -> TryRun<'env, E, B, R>
    where
        F: FnOnce(Scope<'env, FailFast<E>, Threads>) -> B,
        B: Future<Output = Result<R, E>>,
        E: From<Stopped>,
    {
        TryRun::new(self.run(body), ScopeError::into_error)
    }

    /// As [`try_run`](Self::try_run), with children that need not be `Send`; the scope is then not `Send` either.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::fail_fast;
    /// use std::rc::Rc;
    ///
    /// let shared = Rc::new(7);
    /// let out: Result<u32, String> = purview::block_on(fail_fast().try_run_local(async |s| {
    ///     let shared = shared.clone();
    ///     Ok(s.spawn(async move { Ok(*shared) }).await)
    /// }));
    /// assert_eq!(out.unwrap(), 7);
    /// ```
    #[track_caller]
    pub fn try_run_local<'env, F, B, R>(self, body: F) -> TryRun<'env, E, B, R, Local>
    where
        F: FnOnce(Scope<'env, FailFast<E>, Local>) -> B,
        B: Future<Output = Result<R, E>>,
        E: From<Stopped>,
    {
        TryRun::new(self.run_local(body), ScopeError::into_error)
    }
}
