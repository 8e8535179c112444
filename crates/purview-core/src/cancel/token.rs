use std::{borrow::Cow, fmt, sync::Arc};

use super::{
    CancelReason,
    node::{Cancellable, Node, Told},
};

/// A cancellation signal that can be shared: a node in a tree, cancelled from above.
///
/// Cancelling a token cancels its children, never its parent. The first reason is kept. Dropping a token cancels
/// nothing. Clones are the same token. As in Go's `context`, a child observes the reason its parent was cancelled with.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::{CancelReason, CancelToken};
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
/// scope's token is not dropped at once when the scope is cancelled, because the wait asks for time.
#[derive(Clone)]
pub struct CancelToken(Arc<dyn Cancellable>);

impl CancelToken {
    /// A token that nothing cancels but its own [`cancel`](Self::cancel).
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let token = purview::CancelToken::new();
    /// assert!(!token.is_cancelled());
    /// ```
    pub fn new() -> Self {
        Self(Arc::new(Node::default()))
    }

    /// A token that is cancelled with this one, and can be cancelled alone.
    ///
    /// A child of a cancelled token starts cancelled. A child that has been dropped leaves nothing behind in its
    /// parent.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::CancelToken;
    ///
    /// let service = CancelToken::new();
    /// let (request, other) = (service.child(), service.child());
    /// request.cancel(); // this one alone
    /// assert!(!service.is_cancelled() && !other.is_cancelled());
    /// service.cancel();
    /// assert!(other.is_cancelled());
    /// ```
    pub fn child(&self) -> Self {
        let child = Self::new();
        self.0.clone().adopt(&child.0, Told::Same);
        child
    }

    /// Cancels this token and its children; without effect where it is cancelled already.
    ///
    /// Wakes each waiter once, in the calling thread.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{CancelReason, CancelToken};
    ///
    /// let token = CancelToken::new();
    /// token.cancel();
    /// assert_eq!(token.reason(), Some(CancelReason::Requested(None)));
    /// ```
    pub fn cancel(&self) {
        self.0.cancel(CancelReason::Requested(None));
    }

    /// As [`cancel`](Self::cancel), saying why.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let token = purview::CancelToken::new();
    /// token.cancel_with("disk full");
    /// assert_eq!(token.reason().unwrap().to_string(), "cancelled on request: disk full");
    /// ```
    pub fn cancel_with(&self, reason: impl Into<Cow<'static, str>>) {
        self.0.cancel(CancelReason::Requested(Some(reason.into())));
    }

    /// Whether it has been cancelled. Lock-free.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let token = purview::CancelToken::new();
    /// let stop = token.clone();
    /// let rows = (1..).map(|row| {
    ///     if row == 3 {
    ///         stop.cancel();
    ///     }
    ///     row
    /// });
    /// assert_eq!(rows.take_while(|_| !token.is_cancelled()).count(), 2);
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.0.node().reason().is_some()
    }

    /// Why it was cancelled; `None` while it is not. Lock-free.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let token = purview::CancelToken::new();
    /// assert_eq!(token.reason(), None);
    /// token.cancel_with("first");
    /// token.cancel_with("second");
    /// assert_eq!(token.reason().unwrap().to_string(), "cancelled on request: first");
    /// ```
    pub fn reason(&self) -> Option<CancelReason> {
        self.0.node().reason().cloned()
    }

    /// The token of a task or a scope.
    pub(crate) fn of(node: Arc<dyn Cancellable>) -> Self {
        Self(node)
    }

    pub(crate) fn cancellable(&self) -> &Arc<dyn Cancellable> {
        &self.0
    }

    pub(crate) fn node(&self) -> &Node {
        self.0.node()
    }

    /// Whether the cancellation of a scope or a task fires it.
    pub(crate) fn is_below_a_scope(&self) -> bool {
        self.0.is_scope_or_task() || self.node().any_above(|above| above.is_scope_or_task())
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
            .field("reason", &self.0.node().reason())
            .finish_non_exhaustive()
    }
}
