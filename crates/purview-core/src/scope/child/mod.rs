//! A task of a scope, as its engine sees it: its type is forgotten.

mod body;
mod local;
mod unclaimed;

use std::{
    mem,
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll},
};

use crate::{
    cancel::CancelReason,
    context::{Env, Outcome},
    engine::pass::Turn,
    panic::{Panic, catch, catch_expected, discard},
    policy::{End, Policy},
};

pub(super) use self::{
    body::Body,
    local::{LocalChild, report},
    unclaimed::Unclaimed,
};

/// A child, a finalizer, or the body.
///
/// When it ends, its future is dropped first and its end is kept; then the engine has it reported to the policy and left
/// for its [`Task`](crate::Task). So the future has been dropped before its end is reported.
pub(crate) trait Child<P: Policy> {
    fn env(&self) -> &Env;

    fn env_mut(self: Pin<&mut Self>) -> &mut Env;

    /// Why it is to stop alone.
    fn stopped_alone(&self) -> Option<CancelReason> {
        None
    }

    /// Polls it, if it is its turn; ready when it has ended.
    fn poll(self: Pin<&mut Self>, turn: &mut Turn, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops its future without polling it; pending where another thread is in it, which then drops it.
    fn cut(self: Pin<&mut Self>, reason: CancelReason) -> Poll<()>;

    /// Whether it is a finalizer that has ended, and has a failure to tell.
    fn has_failed(&self) -> bool {
        false
    }

    /// Tells the policy how it ended, and leaves what the policy makes of that for its `Task`. Where the scope's future is
    /// being dropped inside another scope, `abandoned` is why, and a panic is given back instead of told.
    fn report(self: Pin<&mut Self>, policy: &mut P, abandoned: Option<&CancelReason>) -> Verdict;

    /// Whether its result was not taken.
    fn is_unclaimed(&self) -> bool {
        false
    }

    /// Whether something waits for its result, and has been woken for that where there is one.
    fn is_awaited(&self) -> bool {
        false
    }

    /// Gives a result that was not taken back to the policy.
    fn reclaim(self: Pin<&mut Self>, policy: &mut P) {
        let _ = policy;
    }

    /// The scope is dropped. Where another thread is still in it, its `Task` gets what there is to say; where it is the
    /// body, its value is dropped.
    fn abandon(self: Pin<&mut Self>, reason: CancelReason) {
        let _ = reason;
    }

    /// Why it is to stop: alone, or with its scope.
    fn stopped(&self) -> Option<CancelReason> {
        self.stopped_alone().or_else(|| self.env().stopped().cloned())
    }
}

/// Notes how a task ended, as its policy sees it; gives the panic of a policy that was asked.
pub(super) fn note_outcome<P: Policy, T>(env: &mut Env, end: &End<P::Child<T>>) -> Option<Panic> {
    let mut raised = None;
    env.note_outcome(|| match end {
        End::Returned(child) => match catch(|| P::is_failure::<T>(child)) {
            Ok(true) => Outcome::Failed,
            Ok(false) => Outcome::Returned,
            Err(panic) => {
                raised = Some(panic);
                Outcome::Returned
            }
        },
        End::Panicked(_) => Outcome::Panicked,
        End::Cancelled(reason) => Outcome::Cancelled(reason),
    });
    raised
}

/// What the end of a task means for its scope.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(super) flow: ControlFlow<()>,
    /// The task panicked.
    pub(super) panicked: bool,
    /// It was dropped before it had ended.
    pub(super) cancelled: bool,
    /// Its result must not be lost if its `Task` is not awaited.
    pub(super) keep: bool,
    /// The policy panicked when it was told, or a waker did; or the task, where the policy is not told.
    pub(super) raised: Option<Panic>,
    /// The runtime has lost it, and its `Task` has no value for that: why.
    pub(super) lost: Option<Box<CancelReason>>,
}

impl Verdict {
    /// The policy has nothing to decide.
    pub(super) fn quiet() -> Self {
        Self {
            flow: ControlFlow::Continue(()),
            panicked: false,
            cancelled: false,
            keep: false,
            raised: None,
            lost: None,
        }
    }

    /// Whether the scope goes on as before.
    pub(super) fn is_ordinary(&self) -> bool {
        self.flow.is_continue() && self.raised.is_none() && self.lost.is_none()
    }

    pub(super) fn raised(panic: Panic) -> Self {
        Self {
            flow: ControlFlow::Break(()),
            panicked: true,
            raised: Some(panic),
            ..Self::quiet()
        }
    }

    /// The policy had panicked before, if it had: that is what is raised.
    #[inline]
    pub(super) fn comes_after(&mut self, raised: Option<Panic>) {
        if raised.is_some() {
            discard(mem::replace(&mut self.raised, raised));
        }
    }

    /// Asks the policy what this end means; `ask` gives the flow, and whether the result is to be kept. Called inside a poll or
    /// a drop of the scope, where panics are expected.
    pub(super) fn of<C>(
        end: End<C>,
        abandoned: Option<&CancelReason>,
        ask: impl FnOnce(End<C>) -> (ControlFlow<()>, bool),
    ) -> Self {
        let (end, withheld) = match abandoned {
            None => (end, None),
            Some(_) => withhold_panic(end, abandoned),
        };
        let panicked = matches!(end, End::Panicked(_));
        let cancelled = matches!(end, End::Cancelled(_));
        match catch_expected(|| ask(end)) {
            Ok((flow, keep)) => Self {
                flow,
                panicked,
                cancelled,
                keep,
                raised: withheld,
                lost: None,
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

/// What the policy is told of an end. It will not be asked for a result where the scope is being dropped, so a panic goes
/// where it is reported.
pub(super) fn withhold_panic<C>(end: End<C>, abandoned: Option<&CancelReason>) -> (End<C>, Option<Panic>) {
    match (end, abandoned) {
        (End::Panicked(panic), Some(reason)) => (End::Cancelled(reason.clone()), Some(panic)),
        (end, _) => (end, None),
    }
}
