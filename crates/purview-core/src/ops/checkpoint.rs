use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// Suspends once: siblings that are ready run, and in a cancelled scope a child that does not hold stops here.
///
/// It is what trio calls a checkpoint: put it into long computations to keep them fair and cancellable. Outside any
/// scope it just yields to the executor.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// purview::block_on(async {
///     for _chunk in 0..3 {
///         purview::checkpoint().await;
///     }
/// });
/// ```
pub fn checkpoint() -> Checkpoint {
    Checkpoint { suspended: false }
}

/// The future of [`checkpoint`].
#[derive(Debug)]
#[must_use = "futures do nothing until awaited"]
pub struct Checkpoint {
    suspended: bool,
}

impl Future for Checkpoint {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.suspended {
            return Poll::Ready(());
        }
        self.suspended = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
