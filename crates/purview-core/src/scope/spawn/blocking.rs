use super::{Here, NewTask, TaskBuilder};
use crate::{
    cancel::CancelToken,
    inspect,
    policy::Policy,
    scope::{handle::Scope, kind::Kind, offload::BlockingCall, task::Task},
};

impl<'env, P: Policy, K: Kind> Scope<'env, P, K> {
    /// Runs a closure that may block as a child of the scope, on the runtime's pool for such; it returns what a child
    /// returns.
    ///
    /// The closure is given a token that fires when it, or the scope, is cancelled: ask it now and then. A closure that
    /// has started is waited for, whatever the grace; one that has not is skipped. Where the runtime has no pool, or
    /// refuses, the child is cancelled with a reason that says so; where the policy has no value for that, the scope is.
    ///
    /// Inside, [`current`](crate::current), [`deadline`](crate::deadline) and context values are the child's, and
    /// [`block_on`](crate::block_on) may be called.
    ///
    /// When the scope's future is dropped, a closure that is running runs to its end, and its result is dropped. As
    /// Python's `asyncio.to_thread`, and trio's `to_thread.run_sync`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// # fn on(s: &purview::Scope<'_, purview::FailFast<std::io::Error>>) -> purview::Task<u64> {
    /// let hash = s.spawn_blocking(|token| {
    ///     let mut hash = 0_u64;
    ///     for n in 0..1_000_000 {
    ///         if token.is_cancelled() {
    ///             break; // it is not wanted any more
    ///         }
    ///         hash = hash.rotate_left(5) ^ n;
    ///     }
    ///     Ok(hash)
    /// });
    /// # hash }
    /// ```
    #[track_caller]
    #[doc(alias("to_thread"))]
    pub fn spawn_blocking<T, F>(&self, f: F) -> Task<P::Joined<T>>
    where
        F: FnOnce(CancelToken) -> P::Child<T> + Send + 'static,
        T: Send + 'static,
        P: 'env,
        P::Child<T>: Send,
        P::Joined<T>: Send + 'env,
    {
        self.task().spawn_blocking(f)
    }
}

impl<'env, P: Policy, K: Kind> TaskBuilder<'env, P, K, Here> {
    /// As [`Scope::spawn_blocking`], with these options.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// # fn on(s: &purview::Scope<'_, purview::FailFast<std::io::Error>>) {
    /// s.task().name("read").spawn_blocking(|_| std::fs::read("Cargo.toml"));
    /// # }
    /// ```
    #[track_caller]
    pub fn spawn_blocking<T, F>(self, f: F) -> Task<P::Joined<T>>
    where
        F: FnOnce(CancelToken) -> P::Child<T> + Send + 'static,
        T: Send + 'static,
        P: 'env,
        P::Child<T>: Send,
        P::Joined<T>: Send + 'env,
    {
        let shared = &self.scope.shared;
        let new = NewTask::with_node(shared, self.options, inspect::Kind::Blocking);
        shared.offload::<T, _>(new, |env| BlockingCall::new(env, f))
    }
}
