use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use pin_project_lite::pin_project;

use super::{Alarm, Bound};
use crate::{
    cancel::CancelReason,
    context::{self, Frame, Role},
    error::{DeadlineExceeded, FirstPanic},
    runtime::{RuntimeChoice, Timer},
    scope::{Options, State, cut_off, lane, part},
};

/// Runs `fut` with a deadline `duration` from its first poll.
///
/// It is a scope of its own: [`deadline`](crate::deadline) and [`cancelled`](crate::cancelled) inside see it, and when
/// time is up `fut` is dropped at once unless it holds (it is inside a [`shield`](crate::shield), waits on `cancelled()`
/// or nests a scope with clean-up to do); then it is polled on until it lets go. A runtime's own `timeout` would drop it
/// in any case. [`Duration::MAX`], or one too large for the clock, is no deadline. Taken from `asyncio.timeout` and
/// trio's `fail_after`.
///
/// A value that arrives in the very poll in which the time runs out is returned; a value that `fut` returns later, while
/// it cleans up, is not. With a deadline that has passed already `fut` is never polled. Where a scope around has a
/// deadline that is not later and both have passed, this one stays pending: the outer scope reports.
///
/// # Errors
///
/// [`DeadlineExceeded`] when time is up.
///
/// # Cancel safety
///
/// Dropping it drops `fut`.
///
/// ```
/// use std::time::Duration;
///
/// purview_core::block_on(async {
///     assert_eq!(purview_core::timeout(Duration::from_secs(5), async { 7 }).await, Ok(7));
///     let never = std::future::pending::<()>();
///     assert!(purview_core::timeout(Duration::from_millis(1), never).await.is_err());
/// });
/// ```
pub fn timeout<F: Future>(duration: Duration, fut: F) -> Timeout<F> {
    let mut bound = Bound::default();
    bound.after(duration);
    Timeout::new(bound, fut)
}

/// Runs `fut` with an absolute deadline; otherwise as [`timeout`].
///
/// # Errors
///
/// [`DeadlineExceeded`] when the instant is reached.
///
/// # Cancel safety
///
/// Dropping it drops `fut`.
pub fn timeout_at<F: Future>(at: Instant, fut: F) -> Timeout<F> {
    let mut bound = Bound::default();
    bound.at_instant(at);
    Timeout::new(bound, fut)
}

pin_project! {
    /// The future of [`timeout`] and [`timeout_at`].
    #[must_use = "futures do nothing until awaited"]
    pub struct Timeout<F> {
        #[pin]
        fut: Option<F>,
        bound: Bound,
        fallback: Option<RuntimeChoice>,
        alarm: Alarm,
        opened: Option<Opened>,
    }
}

/// The scope a timeout is, from its first poll until it is gone.
struct Opened {
    state: Arc<State>,
    frame: Arc<Frame>,
}

impl Opened {
    fn new(bound: Bound, fallback: Option<RuntimeChoice>) -> Self {
        let state = State::new(Options {
            bound,
            fallback,
            ..Options::default()
        });
        let outer = context::current();
        state.open();
        let info = outer.unwrap_or_else(|| state.body_info());
        let frame = Frame::new(info, state.clone(), context::bindings(), Role::Ordinary);
        Self { state, frame }
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let mut panicked = FirstPanic::default();
        panicked.run(|| self.frame.end());
        panicked.run(|| self.state.end());
        panicked.resume_if_expected();
    }
}

impl<F> Timeout<F> {
    fn new(bound: Bound, fut: F) -> Self {
        Self {
            fut: Some(fut),
            bound,
            fallback: None,
            alarm: Alarm::default(),
            opened: None,
        }
    }

    /// For facades: the runtime to use outside any scope.
    #[doc(hidden)]
    pub fn or_runtime(mut self, choose: RuntimeChoice) -> Self {
        self.fallback = Some(choose);
        self
    }
}

/// How long an outer deadline that has passed is waited for.
const AGAIN: Duration = Duration::from_millis(1);

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, DeadlineExceeded>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let first = this.opened.is_none();
        let Opened { state, frame } = this
            .opened
            .get_or_insert_with(|| Opened::new(*this.bound, *this.fallback));

        let expired = state.is_expired();
        let late = state.own_deadline().is_some_and(|own| own <= state.runtime().now());
        if !(first && late) {
            let fut = this
                .fut
                .as_mut()
                .as_pin_mut()
                .expect("a timeout must not be polled after it has completed");
            if let Poll::Ready(value) = frame.run(|| fut.poll(cx)) {
                this.fut.set(None);
                this.alarm.clear();
                return Poll::Ready(if state.cut().is_some() {
                    Err(DeadlineExceeded)
                } else {
                    Ok(value)
                });
            }
        }
        if expired && state.cut().is_none() {
            state.begin_cut(CancelReason::DeadlineExceeded);
            state.cancel(CancelReason::DeadlineExceeded);
        }
        if state.cut().is_some() {
            this.alarm.clear();
            if frame.holds() && is_kept(state, frame, cx) {
                return Poll::Pending;
            }
            this.fut.set(None);
            return Poll::Ready(Err(DeadlineExceeded));
        }
        let at = state.own_deadline();
        if this.alarm.set(at, &**state.runtime(), cx.waker()).is_ready() {
            if state.reason().is_some() {
                // An outer deadline is reported, and whoever reports it drops this.
                return cut_off::never();
            }
            // An outer deadline is about to be reported, where its scope is polled. Should it be moved instead, this one
            // must be looked at again; and at once, where it is its own time that ran out during this poll.
            let again = state.runtime().now().checked_add(AGAIN).filter(|_| !state.is_expired());
            if this.alarm.set(again, &**state.runtime(), cx.waker()).is_ready() || again.is_none() {
                cx.waker().wake_by_ref();
            }
        }
        Poll::Pending
    }
}

/// Whether `fut` still holds when whoever lets go of it elsewhere can have it polled.
fn is_kept(state: &Arc<State>, frame: &Frame, cx: &Context<'_>) -> bool {
    state.signal.begin(cx.waker());
    frame.set_place(&lane::<{ part::BODY }>(state));
    state.signal.clear();
    state.signal.end_quietly();
    // What came in meanwhile woke nobody.
    frame.holds()
}

impl<F> fmt::Debug for Timeout<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout")
            .field("bound", &self.bound)
            .finish_non_exhaustive()
    }
}
