use std::ops::ControlFlow;

use crate::{
    cancel::CancelReason,
    panic::{Panic, catch, discard},
    policy::End,
};

/// What the end of a task means for its scope.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(in crate::scope) flow: ControlFlow<()>,
    /// The task panicked.
    pub(in crate::scope) panicked: bool,
    /// It was dropped before it had ended.
    pub(in crate::scope) cancelled: bool,
    /// Its result must not be lost if its `Task` is not awaited.
    pub(in crate::scope) keep: bool,
    /// The policy panicked when it was told, or a waker did; or the task, where the policy is not told.
    pub(in crate::scope) raised: Option<Panic>,
    /// The runtime has lost it, and its `Task` has no value for that: why.
    pub(in crate::scope) lost: Option<CancelReason>,
}

impl Verdict {
    /// The policy has nothing to decide.
    pub(in crate::scope) fn quiet() -> Self {
        Self {
            flow: ControlFlow::Continue(()),
            panicked: false,
            cancelled: false,
            keep: false,
            raised: None,
            lost: None,
        }
    }

    pub(in crate::scope) fn raised(panic: Panic) -> Self {
        Self {
            flow: ControlFlow::Break(()),
            panicked: true,
            raised: Some(panic),
            ..Self::quiet()
        }
    }

    /// Asks the policy what this end means; `ask` gives the flow, and whether the result is to be kept.
    pub(in crate::scope) fn of<C>(
        end: End<C>,
        abandoned: Option<&CancelReason>,
        ask: impl FnOnce(End<C>) -> (ControlFlow<()>, bool),
    ) -> Self {
        let (end, withheld) = withhold_panic(end, abandoned);
        let panicked = matches!(end, End::Panicked(_));
        let cancelled = matches!(end, End::Cancelled(_));
        match catch(|| ask(end)) {
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
pub(in crate::scope) fn withhold_panic<C>(end: End<C>, abandoned: Option<&CancelReason>) -> (End<C>, Option<Panic>) {
    match (end, abandoned) {
        (End::Panicked(panic), Some(reason)) => (End::Cancelled(reason.clone()), Some(panic)),
        (end, _) => (end, None),
    }
}
