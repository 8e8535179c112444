use std::{
    pin::Pin,
    task::{Context, Poll},
};

use crate::VirtualRuntime;

/// Lets others run: once, and under [`explore`](crate::explore()) also not at all or several times, by seed.
///
/// Put it where the code under test would wait for the world (a request, a lock of another process), so that the
/// explorer can have the others run there or not.
///
/// # Cancel safety
///
/// Dropping it has no effect.
///
/// # Examples
///
/// ```
/// purview_test::run(async {
///     purview_test::yield_now().await;
/// });
/// ```
pub fn yield_now() -> YieldNow {
    YieldNow { polls: 0 }
}

/// The future of [`yield_now`].
#[derive(Debug)]
#[must_use = "futures do nothing until awaited"]
pub struct YieldNow {
    polls: u32,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let yields = VirtualRuntime::current().map_or(self.polls == 0, |runtime| runtime.yields(self.polls));
        if !yields {
            return Poll::Ready(());
        }
        self.polls += 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
