use std::sync::Arc;

use super::{NewTask, Parallel, TaskBuilder};
use crate::{
    inspect,
    policy::Policy,
    scope::{handle::Scope, kind::Kind, offload::ParallelFuture, task::Task},
};

impl<'env, P: Policy, K: Kind> Scope<'env, P, K> {
    /// Spawns a child that runs on the executor's threads, in parallel with the scope; a local scope may have such
    /// children too.
    ///
    /// It belongs to the scope like any other child: the scope waits for it, its end goes to the policy, and names,
    /// context values, deadline and tokens are those of the scope. It starts when the scope is next polled. Where the
    /// runtime has no executor, or refuses it, it runs in the scope's own task: a runtime-neutral library can always
    /// call this.
    ///
    /// When the scope is cancelled or its future is dropped, a parallel child that is idle or queued is destroyed before
    /// that returns; one that another thread is polling finishes that poll and is dropped there. Awaiting the end of the
    /// scope waits for both.
    ///
    /// A child that its executor throws away, as when the runtime shuts down, is cancelled; where the policy has no
    /// value for that, the whole scope is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let sum = purview::block_on(purview::scope(async |s| {
    ///     let halves = [0..500_u64, 500..1000].map(|half| s.spawn_parallel(async move { half.sum::<u64>() }));
    ///     let [a, b] = halves;
    ///     a.await + b.await
    /// }));
    /// assert_eq!(sum, 499_500);
    /// ```
    #[track_caller]
    pub fn spawn_parallel<T, F>(&self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + Send + 'static,
        T: Send + 'static,
        P: 'env,
        P::Child<T>: Send,
        P::Joined<T>: Send + 'env,
    {
        self.task().parallel().spawn(fut)
    }
}

impl<'env, P: Policy + 'env, K: Kind> TaskBuilder<'env, P, K, Parallel> {
    /// As [`Scope::spawn_parallel`], with these options.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let sum = purview::block_on(purview::scope(async |s| {
    ///     s.task().name("sum").parallel().spawn(async { (1..=10).sum::<u32>() }).await
    /// }));
    /// assert_eq!(sum, 55);
    /// ```
    #[track_caller]
    pub fn spawn<T, F>(self, fut: F) -> Task<P::Joined<T>>
    where
        F: Future<Output = P::Child<T>> + Send + 'static,
        T: Send + 'static,
        P::Child<T>: Send,
        P::Joined<T>: Send + 'env,
    {
        let shared = &self.scope.shared;
        let new = NewTask::with_node(shared, self.options, inspect::Kind::Parallel);
        shared.offload::<T, _>(new, |env| Arc::new(ParallelFuture::new(env, fut)))
    }
}
