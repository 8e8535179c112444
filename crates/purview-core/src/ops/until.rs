use std::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::Cancelled;
use crate::cancel::CancelToken;

impl CancelToken {
    /// Runs `fut` to its end, or until the token is cancelled; `None` if that came first.
    ///
    /// Where both happen in one poll the value wins; a token that is cancelled already keeps `fut` from being polled.
    /// When the token fires, `fut` is dropped at once. It is not a scope: for clean-up that awaits open one with
    /// [`Builder::cancel_on`](crate::Builder::cancel_on).
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// # use purview::CancelToken;
    /// let token = CancelToken::new();
    /// assert_eq!(purview::block_on(token.run_until_cancelled(async { 7 })), Some(7));
    /// token.cancel();
    /// assert_eq!(purview::block_on(token.run_until_cancelled(std::future::pending::<()>())), None);
    /// ```
    pub fn run_until_cancelled<F: Future>(&self, fut: F) -> UntilCancelled<F> {
        UntilCancelled::new(self.cancelled(), fut)
    }
}

pin_project! {
    /// The future of [`CancelToken::run_until_cancelled`](crate::CancelToken::run_until_cancelled).
    #[must_use = "futures do nothing until awaited"]
    pub struct UntilCancelled<F> {
        cancelled: Cancelled,
        #[pin]
        fut: Option<F>,
        started: bool,
    }
}

// What it has of its own is a token, which a panic leaves as it was.
impl<F: UnwindSafe> UnwindSafe for UntilCancelled<F> {}
impl<F: RefUnwindSafe> RefUnwindSafe for UntilCancelled<F> {}

impl<F> UntilCancelled<F> {
    pub(super) fn new(cancelled: Cancelled, fut: F) -> Self {
        Self {
            cancelled,
            fut: Some(fut),
            started: false,
        }
    }
}

impl<F: Future> Future for UntilCancelled<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let mut this = self.project();
        let cancelled = Pin::new(&mut *this.cancelled).poll(cx).is_ready();
        if !cancelled || *this.started {
            *this.started = true;
            let fut = this
                .fut
                .as_mut()
                .as_pin_mut()
                .expect("`run_until_cancelled` must not be polled after it has completed");
            if let Poll::Ready(output) = fut.poll(cx) {
                this.fut.set(None);
                this.cancelled.forget();
                return Poll::Ready(Some(output));
            }
        }
        if cancelled {
            this.fut.set(None);
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

impl<F> fmt::Debug for UntilCancelled<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UntilCancelled")
            .field("cancelled", &self.cancelled)
            .finish_non_exhaustive()
    }
}
