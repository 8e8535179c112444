use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use crate::{
    cancel::{CancelReason, CancelToken, Holder},
    context::{Surroundings, visible_task},
    inspect::{self, WaitsFor},
};

/// Waits until the innermost scope around the caller is cancelled, or this task alone, and says why.
///
/// A task that waits here *holds*: when its scope is cancelled it is polled instead of dropped at once, so that it can
/// react. The hold ends as this future completes, so what follows runs up to the next suspension only; clean-up that
/// itself awaits goes into [`shield`](crate::shield). A task waiting here is also released, with
/// [`CancelReason::Ended`], when it is a daemon and the last ordinary child has ended.
///
/// Outside any scope, and inside a [`shield`](crate::shield), it never completes.
///
/// # Cancel safety
///
/// Dropping it ends the hold and loses nothing.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::{CancelReason, cancelled, scope};
///
/// let why = purview::block_on(async {
///     let mut why = None;
///     let slot = &mut why;
///     scope(async |s| {
///         s.spawn(async move { *slot = Some(cancelled().await) });
///         purview::checkpoint().await;
///         s.cancel_with("enough");
///     })
///     .await;
///     why
/// });
/// assert_eq!(why, Some(CancelReason::Requested(Some("enough".into()))));
/// ```
pub fn cancelled() -> Cancelled {
    Cancelled::new(None)
}

impl CancelToken {
    /// Completes with the reason once the token is cancelled.
    ///
    /// A task that waits on a token that its own cancellation fires *holds*: when the token has fired, the task is polled
    /// once more before it is dropped, so that it can react up to its next suspension. Such are the token of its scope or
    /// of one around that, and every child of these; the wait may stand inside a `timeout`, a `select`, a gather or a
    /// nested scope. See [`shield`](crate::shield) for clean-up that awaits. A task that is cancelled alone, or a daemon
    /// when the other children have ended, does not hold by waiting for the token of its scope, which does not fire
    /// then: wait on [`cancelled`](crate::cancelled) to include those.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future forgets the waiter and loses nothing: the token remains cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// # use purview::{CancelReason, CancelToken};
    /// let token = CancelToken::new();
    /// token.cancel();
    /// assert_eq!(purview::block_on(token.cancelled()), CancelReason::Requested(None));
    /// ```
    pub fn cancelled(&self) -> Cancelled {
        Cancelled::new(Some(self.clone()))
    }
}

/// The future of [`cancelled`] and of [`CancelToken::cancelled`].
#[must_use = "futures do nothing until awaited"]
pub struct Cancelled {
    /// `None` where it waits for the cancellation of what is around it.
    given: Option<CancelToken>,
    wait: Option<Wait>,
}

/// A wait as it was registered last.
struct Wait {
    token: CancelToken,
    key: Option<u64>,
    place: Surroundings,
    /// The task that holds from the cancellation on, where that is its own.
    holder: Option<Arc<dyn Holder>>,
}

impl Cancelled {
    fn new(given: Option<CancelToken>) -> Self {
        Self { given, wait: None }
    }

    /// Forgets the wait, and releases its hold.
    pub(super) fn forget(&mut self) {
        let Some(wait) = self.wait.take() else { return };
        if wait.token.node().forget_waiter(wait.key) {
            if let Some(holder) = &wait.holder {
                holder.let_go();
            }
        }
    }

    /// Registers anew where it is polled in another place than before; gives the wait, if there is anything to wait for.
    fn register(&mut self) -> Option<&mut Wait> {
        let here = Surroundings::now();
        if self.wait.as_ref().is_none_or(|wait| wait.place != here) {
            self.forget();
            let (token, holder) = if let Some(token) = &self.given {
                let may_be_own = token.is_below_a_scope();
                (token.clone(), if may_be_own { visible_task() } else { None })
            } else {
                let task = visible_task()?;
                (task.token(), Some(task))
            };
            self.wait = Some(Wait {
                token,
                key: None,
                // A node may have been made just now.
                place: Surroundings::now(),
                holder: holder.map(|task| task as Arc<dyn Holder>),
            });
        }
        self.wait.as_mut()
    }
}

impl Future for Cancelled {
    type Output = CancelReason;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CancelReason> {
        let this = self.get_mut();
        // A token that has fired is not waited for.
        if let Some(reason) = this.given.as_ref().and_then(CancelToken::reason) {
            this.forget();
            return Poll::Ready(reason);
        }
        let Some(wait) = this.register() else {
            return Poll::Pending;
        };
        let polled = wait
            .token
            .node()
            .poll_cancelled(&mut wait.key, wait.holder.as_ref(), cx);
        if polled.is_ready() {
            this.forget();
        } else {
            inspect::waits(|| WaitsFor::Cancellation);
        }
        polled
    }
}

impl Drop for Cancelled {
    fn drop(&mut self) {
        self.forget();
    }
}

impl fmt::Debug for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancelled")
            .field("token", &self.given)
            .finish_non_exhaustive()
    }
}
