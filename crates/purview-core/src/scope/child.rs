use std::{
    ops::ControlFlow,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{desk::Desk, task::Slot};
use crate::{
    cancel::CancelReason,
    context::Frame,
    error::{Panic, catch, discard},
    policy::{End, Policy},
};

/// What the driver knows of a task of its scope: a child, a finalizer, or the body.
///
/// When it ends, its future is dropped first; then the policy is told, and whoever awaits it. So whoever hears of an end
/// finds the future gone.
pub(crate) trait Child<P: Policy> {
    fn frame(&self) -> &Arc<Frame>;

    /// Runs it on; ready when it has ended.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>, desk: &Desk<P>) -> Poll<Verdict>;

    /// Drops its future without polling it; pending where another thread is polling it, which then drops it.
    fn cut(self: Pin<&mut Self>, reason: CancelReason, desk: &Desk<P>) -> Poll<Verdict>;

    /// Whether nobody has taken what its `Task` yields.
    fn is_unclaimed(&self) -> bool {
        false
    }

    /// Its scope is gone. Where another thread is still in it, its `Task` gets what there is to say; where it is the body,
    /// nobody is given its value.
    fn abandon(self: Pin<&mut Self>, _: CancelReason) {}

    /// Gives what nobody has taken back to the policy.
    fn reclaim(self: Pin<&mut Self>, _: &Desk<P>) {}
}

/// What the end of a task means for its scope.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(super) flow: ControlFlow<()>,
    /// The task panicked.
    pub(super) panicked: bool,
    /// Its result must not be lost if nobody awaits the `Task`.
    pub(super) keep: bool,
    /// The policy panicked when it was told, or somebody's waker did; or the task, where nobody asks the policy.
    pub(super) raised: Option<Panic>,
    /// It was dropped before it had ended.
    pub(super) cancelled: bool,
    /// It is lost through nobody's wish, and nobody who awaits it can be told: why.
    pub(super) lost: Option<CancelReason>,
}

impl Verdict {
    /// Nobody had to be told.
    pub(super) fn quiet() -> Self {
        Self {
            flow: ControlFlow::Continue(()),
            panicked: false,
            keep: false,
            raised: None,
            cancelled: false,
            lost: None,
        }
    }

    pub(super) fn raised(panic: Panic) -> Self {
        Self {
            flow: ControlFlow::Break(()),
            panicked: true,
            raised: Some(panic),
            ..Self::quiet()
        }
    }

    pub(super) fn lost(self, lost: Option<CancelReason>) -> Self {
        Self { lost, ..self }
    }

    /// Asks the policy what this end means; `ask` gives the flow, and whether the result is to be kept.
    pub(super) fn of<P: Policy, C>(
        desk: &Desk<P>,
        end: End<C>,
        ask: impl FnOnce(End<C>) -> (ControlFlow<()>, bool),
    ) -> Self {
        let (end, withheld) = desk.withhold_panic(end);
        let panicked = matches!(end, End::Panicked(_));
        let cancelled = matches!(end, End::Cancelled(_));
        match catch(|| ask(end)) {
            Ok((flow, keep)) => Self {
                flow,
                panicked,
                keep,
                cancelled,
                raised: withheld,
                ..Self::quiet()
            },
            Err(raised) => match withheld {
                Some(withheld) => {
                    discard(raised);
                    Self::raised(withheld)
                }
                None => Self::raised(raised),
            },
        }
    }
}

pin_project! {
    /// A future on its way to its end.
    #[project = WorkProj]
    pub(crate) enum Work<F> {
        Running { #[pin] fut: F },
        Ended,
    }
}

impl<F: Future> Work<F> {
    /// Runs it on; ready with its end once the future is dropped. Not to be called again then.
    pub(super) fn poll(mut self: Pin<&mut Self>, frame: &Arc<Frame>, cx: &mut Context<'_>) -> Poll<End<F::Output>> {
        if let Some(reason) = is_to_be_cut(frame) {
            return Poll::Ready(self.cut(reason));
        }
        let WorkProj::Running { fut } = self.as_mut().project() else {
            unreachable!("a task that ended is gone")
        };
        let end = match catch(|| frame.run(|| fut.poll(cx))) {
            Ok(Poll::Ready(value)) => End::Returned(value),
            Err(panic) => End::Panicked(panic),
            Ok(Poll::Pending) => match is_to_be_cut(frame) {
                Some(reason) => End::Cancelled(reason),
                None => return Poll::Pending,
            },
        };
        Poll::Ready(self.drop_future(end))
    }
}

impl<F> Work<F> {
    /// Drops the future without polling it.
    pub(super) fn cut<C>(self: Pin<&mut Self>, reason: CancelReason) -> End<C> {
        self.drop_future(End::Cancelled(reason))
    }

    /// The future's destructor may panic: then that is how the task ended.
    fn drop_future<C>(mut self: Pin<&mut Self>, end: End<C>) -> End<C> {
        end.after(|| self.set(Self::Ended))
    }
}

/// Why the task is to be dropped now: it was cancelled, and nothing holds it.
fn is_to_be_cut(frame: &Frame) -> Option<CancelReason> {
    frame.stopped().filter(|_| !frame.holds())
}

/// Tells the policy of a child's end and leaves the outcome in its slot.
pub(super) fn report<P: Policy, T>(
    desk: &Desk<P>,
    frame: &Frame,
    slot: &Slot<P::Joined<T>>,
    end: End<P::Child<T>>,
) -> Verdict {
    Verdict::of(desk, end, |end| {
        slot.fill_with(|| {
            desk.ask(|policy| {
                let (joined, flow) = policy.child_ended::<T>(&frame.info, end);
                let keep = joined
                    .as_ref()
                    .is_some_and(|joined| policy.keeps_unclaimed::<T>(joined));
                (joined, (flow, keep))
            })
        })
    })
}

pin_project! {
    /// A child that runs in the scope's own task.
    pub(super) struct LocalChild<P: Policy, T, F> {
        frame: Arc<Frame>,
        slot: Arc<Slot<P::Joined<T>>>,
        #[pin]
        work: Work<F>,
    }
}

impl<P: Policy, T, F> LocalChild<P, T, F> {
    pub(super) fn new(frame: Arc<Frame>, slot: Arc<Slot<P::Joined<T>>>, fut: F) -> Self {
        Self {
            frame,
            slot,
            work: Work::Running { fut },
        }
    }

    /// Its future, where it was never taken in.
    pub(super) fn into_future(self) -> Option<F> {
        match self.work {
            Work::Running { fut } => Some(fut),
            Work::Ended => None,
        }
    }
}

impl<P: Policy, T, F: Future<Output = P::Child<T>>> Child<P> for LocalChild<P, T, F> {
    fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>, desk: &Desk<P>) -> Poll<Verdict> {
        let this = self.project();
        let end = ready!(this.work.poll(this.frame, cx));
        Poll::Ready(report::<P, T>(desk, this.frame, this.slot, end))
    }

    fn cut(self: Pin<&mut Self>, reason: CancelReason, desk: &Desk<P>) -> Poll<Verdict> {
        let this = self.project();
        Poll::Ready(report::<P, T>(desk, this.frame, this.slot, this.work.cut(reason)))
    }

    fn is_unclaimed(&self) -> bool {
        self.slot.is_unclaimed()
    }

    fn reclaim(self: Pin<&mut Self>, desk: &Desk<P>) {
        let this = self.project();
        this.slot
            .reclaim(|joined| desk.ask(|policy| policy.unclaimed::<T>(&this.frame.info, joined)));
    }
}
