//! Children that run on other threads: futures on the executor, closures on its pool for blocking work; and guests, which
//! run where they are awaited.

mod closure;
mod guest;
mod parallel;
mod runnable;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

pub(super) use self::{
    closure::BlockingCall,
    guest::{Awaited, Guest},
    parallel::ParallelFuture,
};
use super::{
    child::{Child, Verdict, note_outcome, report},
    slot::JoinSlot,
};
use crate::{
    cancel::CancelReason,
    context::Env,
    engine::pass::{self, Turn},
    inspect::How,
    panic::catch,
    policy::{End, Policy},
    tree::TaskNode,
};

/// What runs on other threads or in other tasks, as its scope sees it.
pub(super) trait Offload {
    type Output;

    /// Has the runtime take it. What the runtime refuses or drops ends all the same.
    fn give(self: &Arc<Self>, task: &Arc<TaskNode>);

    /// Ready with its end, once what was run has been dropped.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<End<Self::Output>>;

    /// Destroys it where no thread is running it; pending elsewhere.
    fn cut(&self, reason: CancelReason) -> Poll<End<Self::Output>>;

    /// A thread is running it, and the scope will not be there when it ends.
    fn abandon(&self);
}

/// A child that runs on other threads, or in other tasks.
pub(super) struct Offloaded<P: Policy, T, A> {
    env: Env,
    slot: Arc<JoinSlot<P::Joined<T>>>,
    work: Arc<A>,
    given: bool,
    end: Option<End<P::Child<T>>>,
}

impl<P: Policy, T, A> Offloaded<P, T, A> {
    pub(super) fn new(env: Env, slot: Arc<JoinSlot<P::Joined<T>>>, work: Arc<A>) -> Self {
        Self {
            env,
            slot,
            work,
            given: false,
            end: None,
        }
    }

    fn task(&self) -> &Arc<TaskNode> {
        self.env
            .task()
            .expect("a task that runs elsewhere has its node from the start")
    }
}

impl<P: Policy, T, A> Unpin for Offloaded<P, T, A> {}

impl<P: Policy, T, A: Offload<Output = P::Child<T>>> Child<P> for Offloaded<P, T, A> {
    fn env(&self) -> &Env {
        &self.env
    }

    fn env_mut(self: Pin<&mut Self>) -> &mut Env {
        &mut self.get_mut().env
    }

    fn stopped_alone(&self) -> Option<CancelReason> {
        self.task().stopped_alone().cloned()
    }

    fn poll(self: Pin<&mut Self>, turn: &mut Turn, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let task = this.task().clone();
        task.set_poller(cx.waker());
        let stopped = task.stopped().cloned().filter(|_| !task.holds());
        if !turn.admits(&this.env, stopped.is_some(), cx.waker()) {
            return Poll::Pending;
        }
        if let Some(reason) = stopped {
            if let Poll::Ready(end) = this.work.cut(reason) {
                this.end = Some(end);
                return Poll::Ready(());
            }
        } else if !this.given {
            this.given = true;
            this.work.give(&task);
        }
        let polled = this.work.poll(cx);
        pass::count_poll(polled.is_pending());
        this.end = Some(ready!(polled));
        Poll::Ready(())
    }

    fn cut(self: Pin<&mut Self>, reason: CancelReason) -> Poll<()> {
        let this = self.get_mut();
        this.end = Some(ready!(this.work.cut(reason)));
        Poll::Ready(())
    }

    fn report(self: Pin<&mut Self>, policy: &mut P, abandoned: Option<&CancelReason>) -> Verdict {
        let this = self.get_mut();
        let end = this.end.take().expect("a child that has ended says how");
        let raised = note_outcome::<P, T>(&mut this.env, &end);
        // The runtime has lost it: nothing asked for that, and its task may have no way to say so.
        let lost = match &end {
            End::Cancelled(reason) if this.task().stopped().is_none() => Some(Box::new(reason.clone())),
            _ => None,
        };
        let mut verdict = report::<P, T>(policy, &this.slot, end, abandoned);
        verdict.comes_after(raised);
        Verdict {
            lost: lost.filter(|_| this.slot.has_no_value()),
            ..verdict
        }
    }

    fn abandon(self: Pin<&mut Self>, reason: CancelReason) {
        self.work.abandon();
        let told = catch(|| self.slot.fill_with(|| (P::refused::<T>(reason), ())));
        self.task().end();
        self.env.note_how(Some(How::Cancelled(CancelReason::Ended)));
        self.env.note_end();
        if let Err(panic) = told {
            panic.resume();
        }
    }

    fn is_unclaimed(&self) -> bool {
        self.slot.is_unclaimed()
    }

    fn is_awaited(&self) -> bool {
        self.slot.is_awaited()
    }

    fn reclaim(self: Pin<&mut Self>, policy: &mut P) {
        self.slot
            .reclaim(|joined| policy.unclaimed::<T>(&self.slot.info(), joined));
    }
}
