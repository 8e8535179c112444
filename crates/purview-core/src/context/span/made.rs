use tracing::{
    Span,
    field::{Empty, display},
};

use super::{
    GivenSpan, Outcome,
    outside::{self, Outside},
};
use crate::{
    cancel::CancelReason,
    tree::{ScopeNode, TaskInfo},
};

/// The span of a task, once it has been made.
pub(super) struct Made {
    pub(super) span: Span,
    /// The nearest around it that is not Purview's own, where this is.
    pub(super) outside: Option<Outside>,
    /// Whether that is to be entered as well: what polls the task may not be inside of it.
    pub(super) elsewhere: bool,
    pub(super) kind: Kind,
    /// Its scope was not polled when it was made.
    pub(super) needs_name: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The task's own, and this is given how the task ends.
    Reports,
    /// The task's own, for a part of it that runs elsewhere.
    Copy,
    /// The task's own is disabled: the one that was current where it was spawned.
    Parent,
}

impl Made {
    /// Runs code of the task's.
    pub(super) fn inside<T>(&self, f: impl FnOnce() -> T) -> T {
        let _entered = outside::Entered::new(&self.span, self.outside.as_ref());
        match &self.outside {
            Some(outside) if self.elsewhere => outside.in_scope(|| self.span.in_scope(f)),
            _ => self.span.in_scope(f),
        }
    }

    /// Mostly what polls the scope is in the parent: it is not entered again.
    pub(super) fn is_current_parent(&self) -> bool {
        if self.kind != Kind::Parent {
            return false;
        }
        let here = self
            .span
            .with_subscriber(|(id, subscriber)| subscriber.current_span().id() == Some(id));
        here.unwrap_or(true)
    }
}

/// Whether a task has its name before it is polled.
pub(super) fn has_name(task: &TaskInfo, scope: &ScopeNode) -> bool {
    scope.is_polled() || scope.given_name().is_some() || task.is_named()
}

/// Makes the span of a task, below what is current here.
pub(super) fn make(task: &TaskInfo, scope: &ScopeNode, given: GivenSpan<'_>) -> Made {
    let has_name = has_name(task, scope);
    let given = match given.0 {
        Some(make) => Some(make(task)),
        None => scope.spans().make(task),
    };
    let needs_name = given.is_none() && !has_name;
    let span = given.unwrap_or_else(|| {
        let name = || has_name.then(|| task.name());
        tracing::debug_span!(target: "purview", "task", id = %task.id(), name = name(), outcome = Empty)
    });
    let is_own = !span.is_disabled() && outside::is_own(&span);
    Made {
        span,
        outside: if is_own { outside::outside() } else { None },
        elsewhere: false,
        kind: Kind::Reports,
        needs_name,
    }
}

pub(super) fn record(span: &Span, outcome: &Outcome<'_>) {
    match outcome {
        Outcome::Returned => span.record("outcome", "returned"),
        Outcome::Failed => span.record("outcome", "failed"),
        Outcome::Panicked => span.record("outcome", "panicked"),
        // It begins with "cancelled".
        Outcome::Cancelled(reason @ CancelReason::Requested(_)) => span.record("outcome", display(reason)),
        Outcome::Cancelled(reason) => span.record("outcome", display(format_args!("cancelled: {reason}"))),
    };
}
