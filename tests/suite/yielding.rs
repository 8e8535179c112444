use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// Wakes itself and is pending once.
pub fn yield_now() -> Yields {
    yields(1)
}

/// Wakes itself and is pending `times` times.
pub fn yields(times: usize) -> Yields {
    Yields { left: times }
}

/// What [`yields`] gives.
#[derive(Debug)]
#[must_use = "futures do nothing until awaited"]
pub struct Yields {
    left: usize,
}

impl Future for Yields {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.left == 0 {
            return Poll::Ready(());
        }
        self.left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
