use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{cancel::CancelReason, error::FirstPanic, runtime::Timer, scope::State};

/// How far a gather has come, wherever it keeps its futures.
pub(super) enum Stage {
    Running,
    Cut {
        reason: CancelReason,
        until: Option<Instant>,
    },
}

impl Stage {
    /// Fires the gather's token, before anybody is dropped; gives whether nobody is waited for.
    pub(super) fn cut(&mut self, reason: &CancelReason, state: &Arc<State>, panicked: &mut FirstPanic) -> bool {
        let grace = state.grace();
        *self = Self::Cut {
            reason: reason.clone(),
            until: grace.and_then(|grace| state.runtime().now().checked_add(grace)),
        };
        panicked.run(|| state.begin_cut(reason.clone()));
        panicked.run(|| state.cancel(reason.clone()));
        grace == Some(Duration::ZERO)
    }

    /// Why those who are left are to be dropped, when their grace has just run out; told once.
    pub(super) fn end_grace(&mut self, state: &State) -> Option<CancelReason> {
        let Self::Cut { reason, until } = self else { return None };
        if until.is_none_or(|until| until > state.runtime().now()) {
            return None;
        }
        *until = None;
        Some(reason.clone())
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self, Self::Running)
    }

    /// Why the gather was cut, if it was.
    pub(super) fn stopped(&self) -> Option<&CancelReason> {
        match self {
            Self::Running => None,
            Self::Cut { reason, .. } => Some(reason),
        }
    }

    /// When it is to be looked at next: at its deadline, or when the grace is over.
    pub(super) fn bound(&self, state: &State) -> Option<Instant> {
        match self {
            Self::Running => state.own_deadline(),
            Self::Cut { until, .. } => *until,
        }
    }
}
