use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use super::{CancelReason, CancelToken, Hold};
use crate::{
    census::{self, Wait},
    context,
};

/// Waits until the innermost scope around the caller is cancelled, or this task alone, and says why.
///
/// A task that waits here *holds*: when its scope is cancelled it is not dropped at once but polled on, so that it can
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
/// use purview_core::{CancelReason, cancelled, scope};
///
/// let why = purview_core::block_on(async {
///     let mut why = None;
///     let slot = &mut why;
///     scope(async |s| {
///         s.spawn(async move { *slot = Some(cancelled().await) });
///         purview_core::checkpoint().await;
///         s.cancel_with("enough");
///     })
///     .await;
///     why
/// });
/// assert_eq!(why, Some(CancelReason::Requested(Some("enough".into()))));
/// ```
pub fn cancelled() -> Cancelled {
    Cancelled {
        token: None,
        key: None,
        hold: Hold::default(),
    }
}

/// The future of [`cancelled`] and of [`CancelToken::cancelled`].
#[must_use = "futures do nothing until awaited"]
pub struct Cancelled {
    /// `None` until the first poll inside a scope, for [`cancelled`].
    token: Option<CancelToken>,
    key: Option<u64>,
    hold: Hold,
}

impl Cancelled {
    pub(super) fn on(token: CancelToken) -> Self {
        Self {
            token: Some(token),
            key: None,
            hold: Hold::default(),
        }
    }

    /// Nobody waits any more.
    pub(super) fn forget(&mut self) {
        self.hold.release();
        if let Some(token) = &self.token {
            token.node.forget_waiter(self.key.take());
        }
    }
}

impl Future for Cancelled {
    type Output = CancelReason;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CancelReason> {
        let this = self.get_mut();
        if this.token.is_none() {
            this.token = context::visible_frame().map(|frame| frame.token());
        }
        let Some(token) = &this.token else { return Poll::Pending };
        match token.node.poll_cancelled(&mut this.key, cx) {
            Poll::Ready(reason) => {
                this.hold.release();
                Poll::Ready(reason)
            }
            Poll::Pending => {
                match context::frame() {
                    Some(frame) if frame.scope.token().is(token) => this.hold.take_on_scope(Some(frame)),
                    Some(frame) if frame.hears(token) => this.hold.take(Some(frame)),
                    _ => this.hold.release(),
                }
                census::waits(|| Wait::Cancellation);
                Poll::Pending
            }
        }
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
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}
