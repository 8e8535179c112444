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
    engine::{Member, pass::Turn},
    policy::{End, Policy},
    scope::slot::JoinSlot,
};

pin_project! {
    /// A child that runs in the scope's own task.
    pub(in crate::scope) struct LocalChild<P: Policy, T, F> {
        slot: Arc<JoinSlot<P::Joined<T>>>,
        end: Option<End<P::Child<T>>>,
        #[pin]
        member: Member<F>,
    }
}

impl<P: Policy, T, F> LocalChild<P, T, F> {
    pub(in crate::scope) fn new(slot: Arc<JoinSlot<P::Joined<T>>>, fut: F, env: Env) -> Self {
        Self {
            slot,
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

    fn poll(self: Pin<&mut Self>, turn: &mut Turn, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        *this.end = Some(ready!(this.member.poll_in_turn(&**this.slot, turn, cx)));
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
        let raised = note_outcome::<P, T>(this.member.env_mut(), &end);
        let mut verdict = report::<P, T>(policy, this.slot, end, abandoned);
        verdict.comes_after(raised);
        verdict
    }

    fn is_unclaimed(&self) -> bool {
        self.slot.is_unclaimed()
    }

    fn is_awaited(&self) -> bool {
        self.slot.is_awaited()
    }

    fn reclaim(self: Pin<&mut Self>, policy: &mut P) {
        let slot = self.project().slot;
        slot.reclaim(|joined| policy.unclaimed::<T>(&slot.info(), joined));
    }
}

/// Tells the policy of a child's end and leaves the outcome in its slot.
pub(in crate::scope) fn report<P: Policy, T>(
    policy: &mut P,
    slot: &JoinSlot<P::Joined<T>>,
    end: End<P::Child<T>>,
    abandoned: Option<&CancelReason>,
) -> Verdict {
    Verdict::of(end, abandoned, |end| {
        slot.fill_with(|| {
            let (joined, flow) = policy.child_ended::<T>(&slot.info(), end);
            let keep = joined
                .as_ref()
                .is_some_and(|joined| policy.keeps_unclaimed::<T>(joined));
            (joined, (flow, keep))
        })
    })
}
