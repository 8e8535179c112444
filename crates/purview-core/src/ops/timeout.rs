use std::{
    fmt,
    mem::{self, needs_drop},
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{
    ambient_runtime,
    opened::{Opened, waits},
};
use crate::{
    cancel::CancelReason,
    context::{Env, Place, Unopened, bindings, is_in_closure, unwind},
    engine::{ByNode, InARow, Member, Never},
    error::DeadlineExceeded,
    panic::{FirstPanic, Panic, catch_expected, expect_panics},
    policy::End,
    runtime::{OneTimer, RuntimeChoice, Timer},
    time::{Duration, Instant},
    tree::{Bound, Grace},
    wake::part,
};

/// Runs `fut` with a deadline `duration` from its first poll.
///
/// It is a scope of its own: [`deadline`](crate::deadline) and [`cancelled`](crate::cancelled) inside see it, and when
/// time is up `fut` is cancelled in two phases. It is dropped at once unless it holds (it is inside a
/// [`shield`](crate::shield), waits on `cancelled()`, runs a blocking closure, or nests a scope with clean-up to do); then
/// it is polled until it releases the hold, or until the grace of the scope around is over, and a value that it returns
/// meanwhile is `Ok`. So a closure that runs for ten seconds makes a timeout of one second take ten: nothing that an awaited
/// scope has started outlives the scope. A runtime's own `timeout` drops `fut` in any case. [`Duration::MAX`], or a duration
/// too large for the clock, is no deadline. Taken from `asyncio.timeout` and trio's `fail_after`.
///
/// A future that owns nothing to drop ([`needs_drop`](std::mem::needs_drop) is false), such as `&mut fut` or
/// `stream.next()`, is not cancelled when time is up. Polling it stops, no part of it is waited for, and it continues
/// when it is polled again. So `timeout(d, &mut fut)` in a loop loses nothing, as with tokio's.
///
/// A value that arrives in the same poll in which the time runs out is returned. If the deadline has passed before the
/// first poll, `fut` is never polled; a loop of such timeouts yields now and then. If a scope around has a deadline that is not later and both have passed, this
/// future stays pending, and the outer scope reports.
///
/// # Errors
///
/// [`DeadlineExceeded`] when time is up.
///
/// # Cancel safety
///
/// Dropping it drops `fut`.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use std::time::Duration;
///
/// purview::block_on(async {
///     assert_eq!(purview::timeout(Duration::from_secs(5), async { 7 }).await, Ok(7));
///     let never = std::future::pending::<()>();
///     assert!(purview::timeout(Duration::from_millis(1), never).await.is_err());
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
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use std::time::{Duration, Instant};
///
/// let at = Instant::now() + Duration::from_millis(1);
/// let never = std::future::pending::<()>();
/// assert!(purview::block_on(purview::timeout_at(at, never)).is_err());
/// ```
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
        member: Member<F>,
        bound: Bound,
        fallback: Option<RuntimeChoice>,
        timer: OneTimer,
        // From the first poll on, until something asks for its scope.
        unopened: Option<Unopened>,
        opened: Option<Opened>,
        // Its time was up at once, and it has let the executor be reached: it is not put off again.
        yielded: bool,
        done: bool,
    }

    impl<F> PinnedDrop for Timeout<F> {
        fn drop(mut this: Pin<&mut Self>) {
            if this.done || (this.unopened.is_none() && this.opened.is_none()) {
                return;
            }
            let mut panicked = FirstPanic::default();
            if let End::Panicked(panic) = this.as_mut().project().member.cut::<()>(CancelReason::Parent) {
                panicked.keep(panic);
            }
            panicked.run(|| this.end());
            panicked.resume_if_expected();
        }
    }
}

// A panic ends it: what it has of its own is then not looked at again.
impl<F: UnwindSafe> UnwindSafe for Timeout<F> {}
impl<F: RefUnwindSafe> RefUnwindSafe for Timeout<F> {}

impl<F> Timeout<F> {
    fn new(bound: Bound, fut: F) -> Self {
        Self {
            member: Member::new(fut, Env::default()),
            bound,
            fallback: None,
            timer: OneTimer::default(),
            unopened: None,
            opened: None,
            yielded: false,
            done: false,
        }
    }

    /// For facades: the runtime to use outside any scope.
    #[doc(hidden)]
    pub fn or_runtime(mut self, choose: RuntimeChoice) -> Self {
        self.fallback = Some(choose);
        self
    }
}

impl<F> Timeout<F> {
    /// The deadline and the runtime are those of the first poll. Gives whether the time is up before it.
    fn begin(self: Pin<&mut Self>) -> bool {
        let mut this = self.project();
        this.member.as_mut().env_mut().bind(bindings());
        let runtime = ambient_runtime(*this.fallback);
        let now = runtime.now();
        this.bound.resolve(now);
        let at = this.bound.at();
        *this.unopened = Some(Unopened { at, runtime });
        at.is_some_and(|at| at <= now)
    }

    /// Makes its scope, where nothing has asked for it.
    fn open(self: Pin<&mut Self>) {
        let this = self.project();
        let Some(unopened) = this.unopened.take() else { return };
        let (mut inside, place) = unopened.open();
        let env = this.member.env_mut();
        inside.bind(env.bindings().cloned());
        *env = inside;
        *this.opened = Some(Opened::new(env, place));
    }

    fn end(self: Pin<&mut Self>) {
        let this = self.project();
        *this.done = true;
        this.timer.clear();
        if let Some(opened) = this.opened {
            opened.end::<F>(this.member.env());
        }
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, DeadlineExceeded>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let _expected = expect_panics();
        assert!(!self.done, "a timeout must not be polled after it has completed");
        if self.opened.is_some() {
            return self.poll_opened(false, cx);
        }
        let first = self.unopened.is_none();
        let is_late = match &self.unopened {
            None => self.as_mut().begin(),
            Some(unopened) => unopened.is_late(),
        };
        if is_late {
            // A loop of such reaches the executor.
            if first && InARow::yields(self.as_mut().project().yielded, cx.waker()) {
                *self.project().unopened = None;
                return Poll::Pending;
            }
            self.as_mut().open();
            return self.poll_opened(first, cx);
        }
        let mut this = self.as_mut().project();
        let mut place = None;
        let polled = this.member.as_mut().poll_unopened(this.unopened, &mut place, cx);
        if let Some(place) = place {
            *this.opened = Some(Opened::new(this.member.env(), place));
        }
        match polled {
            Poll::Ready(End::Returned(value)) => return self.give(value),
            Poll::Ready(End::Panicked(panic)) => self.resume(panic),
            Poll::Ready(End::Cancelled(_)) | Poll::Pending => {}
        }
        if let Some(Unopened { at, runtime }) = this.unopened {
            if this.timer.set(*at, &**runtime, cx.waker()).is_pending() {
                return Poll::Pending;
            }
            self.as_mut().open();
        }
        self.wait(false, false, cx)
    }
}

impl<F: Future> Timeout<F> {
    /// The future has returned, and was dropped.
    fn give(self: Pin<&mut Self>, value: F::Output) -> Poll<Result<F::Output, DeadlineExceeded>> {
        self.end();
        Poll::Ready(Ok(value))
    }

    /// The future has panicked: that goes on, whatever else panics now.
    fn resume(self: Pin<&mut Self>, panic: Panic) -> ! {
        let _ = catch_expected(|| self.end());
        panic.resume()
    }

    /// A poll of one that has a scope.
    fn poll_opened(
        mut self: Pin<&mut Self>,
        first: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Result<F::Output, DeadlineExceeded>> {
        let mut this = self.as_mut().project();
        let opened = this.opened.as_mut().expect("it has a scope");
        let node = opened.node.clone();
        Place::update(&mut opened.place, &node);
        this.member.as_mut().env_mut().set_in_closure(is_in_closure());
        // What was raised has had this poll, or is looked at in it.
        let grace_ended = node.signal().is_raised(part::GRACE);
        node.signal().clear();

        // A grace around has ended: only finalizers in here are waited for.
        if grace_ended {
            node.begin_cut(CancelReason::Parent);
        }
        if (grace_ended && node.grace() == Grace::Holds) || opened.until.is_some_and(|until| until <= node.now()) {
            opened.end_grace();
        }
        let is_late = node.is_overdue();
        let expired = !opened.cut && is_late && node.is_the_one_to_report();
        if this.member.is_live() && !(first && is_late) {
            // What is only borrowed is not dropped here, and so looks by itself whether it is to stop.
            let end = if needs_drop::<F>() {
                this.member.as_mut().poll_by_another(&ByNode, cx)
            } else {
                this.member.as_mut().poll_by_another(&Never, cx)
            };
            match end {
                Poll::Ready(End::Returned(value)) => return self.give(value),
                // What still runs elsewhere is waited for first.
                Poll::Ready(End::Panicked(panic)) if opened.cut => opened.panicked.keep(panic),
                Poll::Ready(End::Panicked(panic)) => self.resume(panic),
                Poll::Ready(End::Cancelled(_)) | Poll::Pending => {}
            }
        }
        self.wait(expired, grace_ended, cx)
    }

    /// The future has been polled, and is pending: `expired` says that its time was up before that.
    fn wait(
        mut self: Pin<&mut Self>,
        expired: bool,
        grace_ended: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Result<F::Output, DeadlineExceeded>> {
        let this = self.as_mut().project();
        let opened = this.opened.as_mut().expect("it has a scope");
        let (node, borrows) = (opened.node.clone(), !needs_drop::<F>());
        // The deadline around may have been moved during the poll.
        if expired && node.is_expired() {
            if borrows {
                self.end();
                return Poll::Ready(Err(DeadlineExceeded));
            }
            opened.cut();
        }
        if opened.cut || (grace_ended && !borrows) {
            node.signal().begin(cx.waker());
            let (is_waiting, end) = waits(&node, this.member);
            if let End::Panicked(panic) = end {
                opened.panicked.keep(panic);
            }
            if is_waiting || (!opened.cut && !opened.panicked.is_some()) {
                node.signal().end();
                // What was cut by a grace around may have left that, and then only its own time ends it.
                let until = if opened.cut { opened.until } else { node.own_deadline() };
                if this.timer.set(until, &*node.runtime(), cx.waker()).is_ready() {
                    cx.waker().wake_by_ref();
                }
                return Poll::Pending;
            }
            node.signal().end_quietly();
            if opened.panicked.is_some() {
                let mut panicked = mem::take(&mut opened.panicked);
                let _ = catch_expected(|| self.end());
                panicked.resume();
            } else {
                self.end();
            }
            return Poll::Ready(Err(DeadlineExceeded));
        }
        node.signal().begin(cx.waker());
        if this
            .timer
            .set(node.own_deadline(), &*node.runtime(), cx.waker())
            .is_ready()
        {
            node.signal().end_quietly();
            // An outer deadline is about to be reported, where its scope is polled. Should it be moved instead, or what is
            // in between be polled elsewhere, this one must be looked at again; and at once, where it is its own time that
            // ran out during this poll. What cancelled it may be around it no more.
            node.wake_if_moved(cx.waker());
            if node.is_expired() {
                cx.waker().wake_by_ref();
            } else if node.reason().is_some() {
                // An outer deadline is reported, and what reports it drops this.
                return unwind::never();
            }
            return Poll::Pending;
        }
        node.signal().end();
        Poll::Pending
    }
}

impl<F> fmt::Debug for Timeout<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout")
            .field("bound", &self.bound)
            .finish_non_exhaustive()
    }
}
