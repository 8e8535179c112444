use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;

use super::{Child, Verdict, end_task};
use crate::{
    cancel::CancelReason,
    context::Env,
    engine::{Member, Stop},
    inspect::{self, How},
    policy::{End, Policy},
    scope::slot::{JoinSlot, Remembered},
};

pin_project! {
    /// A child that runs in the scope's own task.
    pub(in crate::scope) struct LocalChild<P: Policy, T, F> {
        slot: Arc<JoinSlot<P::Joined<T>>>,
        remembered: Remembered,
        end: Option<End<P::Child<T>>>,
        #[pin]
        member: Member<F>,
    }
}

impl<P: Policy, T, F> LocalChild<P, T, F> {
    pub(in crate::scope) fn new(slot: Arc<JoinSlot<P::Joined<T>>>, fut: F, env: Env) -> Self {
        Self {
            slot,
            remembered: Remembered::default(),
            end: None,
            member: Member::new(fut, env),
        }
    }

    /// Its future, where it was never polled.
    pub(in crate::scope) fn into_future(self) -> Option<F> {
        self.member.into_future()
    }
}

impl<P: Policy, T, F: Future<Output = P::Child<T>>> Child<P> for LocalChild<P, T, F> {
    fn env(&self) -> &Env {
        self.member.env()
    }

    fn env_mut(self: Pin<&mut Self>) -> &mut Env {
        self.project().member.env_mut()
    }

    fn stopped_alone(&self) -> Option<CancelReason> {
        self.slot.stopped(self.member.env())
    }

    fn is_stopped(&self) -> bool {
        Stop::is_stopped(&*self.slot, self.member.env())
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        let polled = this.member.as_mut().poll(&**this.slot, cx);
        if polled.is_pending() {
            this.slot.remember(this.member.env(), this.remembered, cx.waker());
        }
        *this.end = Some(ready!(polled));
        Poll::Ready(())
    }

    fn cut(self: Pin<&mut Self>, reason: CancelReason) -> Poll<()> {
        let this = self.project();
        *this.end = Some(this.member.cut(reason));
        Poll::Ready(())
    }

    fn report(self: Pin<&mut Self>, policy: &mut P, abandoned: Option<&CancelReason>) -> Verdict {
        let this = self.project();
        let end = this.end.take().expect("a child that has ended says how");
        report::<P, T>(policy, this.slot, this.member.env(), end, abandoned)
    }

    fn end(&self) {
        self.slot.end();
        end_task(self.member.env());
    }

    fn is_unclaimed(&self) -> bool {
        self.slot.is_unclaimed()
    }

    fn reclaim(self: Pin<&mut Self>, policy: &mut P) {
        let slot = self.project().slot;
        slot.reclaim(|joined| policy.unclaimed::<T>(slot.info(), joined));
    }
}

/// How a task ended, as its policy sees it.
pub(in crate::scope) fn how<P: Policy, T>(end: &End<P::Child<T>>) -> Option<How> {
    match end {
        End::Returned(child) if P::is_failure::<T>(child) => Some(How::Failed),
        end => How::of(end),
    }
}

/// Tells the policy of a child's end and leaves the outcome in its slot.
pub(in crate::scope) fn report<P: Policy, T>(
    policy: &mut P,
    slot: &JoinSlot<P::Joined<T>>,
    env: &Env,
    end: End<P::Child<T>>,
    abandoned: Option<&CancelReason>,
) -> Verdict {
    if inspect::is_on() {
        env.note_how(how::<P, T>(&end));
    }
    Verdict::of(end, abandoned, |end| {
        slot.fill_with(|| {
            let (joined, flow) = policy.child_ended::<T>(slot.info(), end);
            let keep = joined
                .as_ref()
                .is_some_and(|joined| policy.keeps_unclaimed::<T>(joined));
            (joined, (flow, keep))
        })
    })
}
