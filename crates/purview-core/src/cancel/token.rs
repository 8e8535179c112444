use std::{borrow::Cow, fmt, sync::Arc};

use super::{CancelReason, Cancelled, UntilCancelled, node::Node};

/// A request to stop that many can see: a node in a tree, cancelled from above.
///
/// Cancelling a token cancels its children, never its parent, and the first reason stays. Dropping a token cancels
/// nobody. Clones are the same token. As in Go's `context`, a child observes the reason its parent was cancelled with.
///
/// ```
/// use purview_core::{CancelReason, CancelToken};
///
/// let shutdown = CancelToken::new();
/// let request = shutdown.child();
/// shutdown.cancel_with("maintenance");
/// shutdown.cancel_with("too late to change the reason");
/// assert_eq!(request.reason(), Some(CancelReason::Requested(Some("maintenance".into()))));
/// ```
///
/// # Comparison to tokio-util's `CancellationToken`
///
/// This one carries a reason, works on any executor, and counts as a hold: a child of a scope that waits on its
/// scope's token is not dropped at once when the scope is cancelled, because it has asked to be told.
#[derive(Clone)]
pub struct CancelToken {
    pub(crate) node: Arc<Node>,
}

impl CancelToken {
    /// A token that nothing cancels but its own [`cancel`](Self::cancel).
    pub fn new() -> Self {
        Self { node: Node::root() }
    }

    /// A token that is cancelled with this one, and can be cancelled alone.
    ///
    /// A child of a cancelled token is born cancelled. A child that has been dropped leaves nothing behind in its
    /// parent.
    pub fn child(&self) -> Self {
        let child = Self::new();
        self.node.adopt(&child.node, None);
        child
    }

    /// Asks everybody who looks at this token or its children to stop; without effect where it is cancelled already.
    ///
    /// Wakes each waiter once, in the calling thread.
    pub fn cancel(&self) {
        self.node.cancel(CancelReason::Requested(None));
    }

    /// As [`cancel`](Self::cancel), saying why.
    pub fn cancel_with(&self, reason: impl Into<Cow<'static, str>>) {
        self.node.cancel(CancelReason::Requested(Some(reason.into())));
    }

    /// Whether it has been cancelled. Lock-free.
    pub fn is_cancelled(&self) -> bool {
        self.node.reason().is_some()
    }

    /// Why it was cancelled; `None` while it is not. Lock-free.
    pub fn reason(&self) -> Option<CancelReason> {
        self.node.reason().cloned()
    }

    /// Completes with the reason once the token is cancelled.
    ///
    /// A child of a scope that waits on its scope's token *holds*: when the scope is cancelled the child is polled
    /// on, so that it can react, until its next suspension. See [`shield`](crate::shield) for clean-up that awaits.
    /// One that is cancelled alone, or a daemon when the others have ended, is not held by that: its scope's token does
    /// not fire for it. To hear of those too wait on [`cancelled`](crate::cancelled).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future forgets the waiter and loses nothing: the token stays cancelled.
    ///
    /// ```
    /// # use purview_core::{CancelReason, CancelToken};
    /// let token = CancelToken::new();
    /// token.cancel();
    /// assert_eq!(purview_core::block_on(token.cancelled()), CancelReason::Requested(None));
    /// ```
    pub fn cancelled(&self) -> Cancelled {
        Cancelled::on(self.clone())
    }

    /// Runs `fut` to its end, or until the token is cancelled; `None` if that came first.
    ///
    /// Where both happen in one poll the value wins; a token that is cancelled already keeps `fut` from being polled.
    /// When the token fires, `fut` is dropped at once. It is not a scope: for clean-up that awaits open one with
    /// [`Builder::cancel_on`](crate::Builder::cancel_on).
    ///
    /// ```
    /// # use purview_core::CancelToken;
    /// let token = CancelToken::new();
    /// assert_eq!(purview_core::block_on(token.run_until_cancelled(async { 7 })), Some(7));
    /// token.cancel();
    /// assert_eq!(purview_core::block_on(token.run_until_cancelled(std::future::pending::<()>())), None);
    /// ```
    pub fn run_until_cancelled<F: Future>(&self, fut: F) -> UntilCancelled<F> {
        UntilCancelled::new(self.cancelled(), fut)
    }

    /// Whether both are the same token.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.node, &other.node)
    }
}

impl Default for CancelToken {
    fn default() -> Self {
        Self::new()
    }
}

impl From<&CancelToken> for CancelToken {
    fn from(token: &CancelToken) -> Self {
        token.clone()
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken")
            .field("reason", &self.node.reason())
            .finish_non_exhaustive()
    }
}
