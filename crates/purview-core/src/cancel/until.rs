use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::Cancelled;

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
                .expect("must not be polled after it has completed");
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
