use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{Child, Verdict, note_outcome};
use crate::{
    cancel::CancelReason,
    context::Env,
    engine::{ByNode, Member, pass::Turn},
    panic::OneByOne,
    policy::{End, Policy},
    tree::ScopeNode,
};

pin_project! {
    /// The body of a scope: child number zero.
    pub(in crate::scope) struct Body<B, C, R> {
        end: Option<End<C>>,
        value: OneByOne<Option<R>>,
        #[pin]
        member: Member<B>,
    }
}

impl<B, C, R> Body<B, C, R> {
    pub(in crate::scope) fn new(scope: Arc<ScopeNode>, fut: B) -> Pin<Box<Self>> {
        Box::pin(Self {
            end: None,
            value: OneByOne::default(),
            member: Member::new(fut, Env::body(scope)),
        })
    }

    /// What the policy made of what the body returned.
    pub(in crate::scope) fn take_value(self: Pin<&mut Self>) -> Option<R> {
        self.project().value.take()
    }
}

impl<P: Policy, B: Future<Output = P::Child<R>>, R> Child<P> for Body<B, P::Child<R>, R> {
    fn env(&self) -> &Env {
        self.member.env()
    }

    fn env_mut(self: Pin<&mut Self>) -> &mut Env {
        self.project().member.env_mut()
    }

    fn poll(self: Pin<&mut Self>, _: &mut Turn, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        *this.end = Some(ready!(this.member.poll(&ByNode, cx)));
        Poll::Ready(())
    }

    fn cut(self: Pin<&mut Self>, reason: CancelReason) -> Poll<()> {
        let this = self.project();
        *this.end = Some(this.member.cut(reason));
        Poll::Ready(())
    }

    fn report(self: Pin<&mut Self>, policy: &mut P, abandoned: Option<&CancelReason>) -> Verdict {
        let this = self.project();
        let end = this.end.take().expect("a body that has ended says how");
        let (value, env) = (this.value, this.member.env_mut());
        let raised = note_outcome::<P, R>(env, &end);
        let mut verdict = Verdict::of(end, abandoned, |end| {
            // As the body, so that the policy can ask which task it is.
            let _entered = env.enter();
            let (joined, flow) = policy.body_ended::<R>(end);
            **value = joined;
            (flow, false)
        });
        verdict.comes_after(raised);
        verdict
    }

    fn abandon(self: Pin<&mut Self>, _: CancelReason) {
        drop(self.take_value());
    }
}
