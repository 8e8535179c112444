use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{
    child::{Child, Verdict, Work},
    desk::Desk,
};
use crate::{
    cancel::CancelReason,
    context::Frame,
    error::OneByOne,
    policy::{End, Policy},
};

pin_project! {
    /// The body of a scope: child number zero.
    pub(super) struct Body<B, R> {
        frame: Arc<Frame>,
        #[pin]
        work: Work<B>,
        value: OneByOne<Option<R>>,
    }
}

impl<B, R> Body<B, R> {
    pub(super) fn new(frame: Arc<Frame>, fut: B) -> Pin<Box<Self>> {
        Box::pin(Self {
            frame,
            work: Work::Running { fut },
            value: OneByOne::default(),
        })
    }

    /// What the policy made of what the body returned.
    pub(super) fn take_value(self: Pin<&mut Self>) -> Option<R> {
        self.project().value.take()
    }
}

impl<P: Policy, B: Future<Output = P::Child<R>>, R> Child<P> for Body<B, R> {
    fn frame(&self) -> &Arc<Frame> {
        &self.frame
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>, desk: &Desk<P>) -> Poll<Verdict> {
        let this = self.project();
        let end = ready!(this.work.poll(this.frame, cx));
        Poll::Ready(report(desk, this.frame, this.value, end))
    }

    fn cut(self: Pin<&mut Self>, reason: CancelReason, desk: &Desk<P>) -> Poll<Verdict> {
        let this = self.project();
        Poll::Ready(report(desk, this.frame, this.value, this.work.cut(reason)))
    }

    fn abandon(self: Pin<&mut Self>, _: CancelReason) {
        drop(self.take_value());
    }
}

fn report<P: Policy, R>(desk: &Desk<P>, frame: &Arc<Frame>, place: &mut Option<R>, end: End<P::Child<R>>) -> Verdict {
    Verdict::of(desk, end, |end| {
        // As the body, so that the policy can ask who it is.
        let (value, flow) = frame.run(|| desk.ask(|policy| policy.body_ended::<R>(end)));
        *place = value;
        (flow, false)
    })
}
