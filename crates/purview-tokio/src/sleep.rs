use std::{
    future::ready,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use pin_project_lite::pin_project;
use purview_core::{Embedded, Timer};

use crate::Tokio;

/// Adding to an instant at the end of time overflows, which tokio does to round up. A timer that is early is asked again.
const FAR_FUTURE: Duration = Duration::from_secs(60 * 60 * 24 * 365);

pin_project! {
    /// tokio's timer, and the embedded one after tokio has been shut down.
    struct Sleep {
        #[pin]
        timer: tokio::time::Sleep,
        successor: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
        tokio: Tokio,
    }
}

/// A future for an instant of the runtime's clock. Must be called in the runtime's context.
pub(crate) fn sleep_until(at: Instant, tokio: Tokio) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let now = tokio::time::Instant::now().into_std();
    // tokio rounds up to the next millisecond, for an instant that is past too.
    if at <= now {
        return Box::pin(ready(()));
    }
    let timer = tokio::time::sleep_until(at.min(now + FAR_FUTURE).into());
    Box::pin(Sleep {
        timer,
        successor: None,
        tokio,
    })
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let at = this.timer.deadline().into_std();
        if let Some(successor) = this.successor {
            return successor.as_mut().poll(cx);
        }
        if let Ok(poll) = poll_tokio(this.timer, this.tokio, cx) {
            return poll;
        }
        this.tokio.clock().abandon();
        let successor = this.successor.insert(Embedded.sleep_until(at));
        successor.as_mut().poll(cx)
    }
}

struct ShutDown;

fn poll_tokio(timer: Pin<&mut tokio::time::Sleep>, tokio: &Tokio, cx: &mut Context<'_>) -> Result<Poll<()>, ShutDown> {
    // A shutdown wakes every timer, whatever its time, and polling one then panics. Looking first spares the user's
    // panic hook; catching is for the timer that is polled for the first time, and for the race.
    if timer.is_elapsed() {
        let is_due = tokio.now() >= timer.deadline().into_std();
        return if is_due { Ok(Poll::Ready(())) } else { Err(ShutDown) };
    }
    // Constrained, it would stay pending once the task's budget is spent, and children that are always ready would
    // outlive their deadline.
    let mut timer = tokio::task::unconstrained(timer);
    catch_unwind(AssertUnwindSafe(|| Pin::new(&mut timer).poll(cx))).map_err(|_| ShutDown)
}
