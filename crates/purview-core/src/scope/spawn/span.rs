#![cfg(feature = "tracing")]

use tracing::Span;

use super::TaskBuilder;
use crate::{context::GivenSpan, policy::Policy, scope::kind::Kind, tree::TaskInfo};

impl<'env, P: Policy, K: Kind, W> TaskBuilder<'env, P, K, W> {
    /// Makes the span of the child, which it is polled in wherever it runs.
    ///
    /// `make` is called by the spawning call, and only in a process that has a subscriber. The span that is current there is
    /// the parent. A child of an open scope has the scope's span as its parent, as it may outlive what spawns it, and
    /// follows from the current one; a guest, which is awaited where it enters, has the current one. Where `make` gives a
    /// span that is disabled, or none, the child runs in that parent. A panic of `make` goes on in the spawning call.
    ///
    /// A field `outcome` that is declared [empty](tracing::field::Empty) has on close how the child ended: `returned`,
    /// `failed` where the policy [takes it for that](crate::Policy::is_failure), `panicked`, or `cancelled` and why.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use tracing::field::Empty;
    ///
    /// let id = 7;
    /// purview::block_on(purview::scope(async |s| {
    ///     s.task()
    ///         .name("fetch")
    ///         .span(move |task| tracing::info_span!("fetch", task = task.name(), id, outcome = Empty))
    ///         .parallel()
    ///         .spawn(async move { tracing::info!("inside of the span fetch") })
    ///         .await;
    /// }));
    /// ```
    pub fn span(mut self, make: impl FnOnce(&TaskInfo) -> Span + Send + Sync + 'env) -> Self {
        self.options.span = GivenSpan::new(make);
        self
    }
}
