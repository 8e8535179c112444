use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::{
    context::{enter_shield, task},
    tree::Hold,
};

/// Runs `fut` to its end although the scope around it is cancelled, bounded by the grace of the scopes around it.
///
/// The task that is inside holds: it continues to be polled after its scope was cancelled, until the shield ends; the
/// cancellation then takes effect at its next suspension. Inside, neither the cancellation nor the deadline of the
/// scopes around is visible; those set inside are, and act as ever. Shields nest. Taken from trio's shielded cancel
/// scopes and Kotlin's `NonCancellable`.
///
/// Without a [`grace`](crate::Builder::grace) a shield may hold its scope up for as long as it likes. Outside any
/// scope it just runs `fut`. Dropping it drops `fut` and ends the hold: a scope whose future is dropped drops its
/// shielded children too.
///
/// # Cancel safety
///
/// As cancel-safe as `fut`.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::{checkpoint, fail_fast, shield};
///
/// purview::block_on(async {
///     let mut saved = false;
///     let slot = &mut saved;
///     let out = fail_fast().run(async |s| {
///         s.spawn(shield(async { checkpoint().await; *slot = true; Ok(()) }));
///         checkpoint().await;
///         Err::<(), _>("stop")
///     });
///     assert!(out.await.is_err());
///     assert!(saved);
/// });
/// ```
pub fn shield<F: Future>(fut: F) -> Shield<F> {
    Shield {
        fut: Some(fut),
        hold: Hold::default(),
    }
}

pin_project! {
    /// The future of [`shield`].
    #[must_use = "futures do nothing until awaited"]
    pub struct Shield<F> {
        #[pin]
        fut: Option<F>,
        hold: Hold,
    }
}

impl<F: Future> Future for Shield<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        this.hold.take(task());
        let shielded = enter_shield();
        let fut = this
            .fut
            .as_mut()
            .as_pin_mut()
            .expect("a shield must not be polled after it has completed");
        let Poll::Ready(output) = fut.poll(cx) else {
            return Poll::Pending;
        };
        // What the future still owns is dropped while the shield stands.
        this.fut.set(None);
        drop(shielded);
        this.hold.release();
        Poll::Ready(output)
    }
}

impl<F> fmt::Debug for Shield<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shield")
            .field("done", &self.fut.is_none())
            .finish_non_exhaustive()
    }
}
