//! How long what holds is waited for.

use std::time::Duration;

use super::scope_node::{Link, ScopeNode};
use crate::sync::atomic::Ordering;

/// The grace that a scope was given.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum GivenGrace {
    /// As in the scope around: in a timeout.
    #[default]
    OfTheScopeAround,
    /// `None` where it has no bound.
    Own(Option<Duration>),
}

/// How long holds count in a scope or task that is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grace {
    /// All holds count.
    Holds,
    /// The grace has ended; finalizers share one more.
    Finalizers,
    /// No hold counts.
    Over,
}

/// Its grace has ended: only finalizers are waited for. A bit of the flags of a scope, and of those of a task.
const FINALIZING: u8 = 1 << 4;
/// The grace of its finalizers has ended too.
const OVER: u8 = 1 << 5;

impl Grace {
    pub(super) fn of(flags: u8) -> Self {
        match flags {
            flags if flags & OVER != 0 => Self::Over,
            flags if flags & FINALIZING != 0 => Self::Finalizers,
            _ => Self::Holds,
        }
    }

    pub(super) fn flag(self) -> u8 {
        match self {
            Self::Holds => 0,
            Self::Finalizers => FINALIZING,
            Self::Over => OVER,
        }
    }
}

impl ScopeNode {
    /// How long the scope around has what holds waited for; timeouts in between have no grace of their own.
    pub(crate) fn grace_around(&self) -> Option<Duration> {
        let own = |link: Link| match link.task.scope.grace {
            GivenGrace::Own(grace) => Some(grace),
            GivenGrace::OfTheScopeAround => None,
        };
        self.links().find_map(own).flatten()
    }

    pub(crate) fn grace(&self) -> Grace {
        Grace::of(self.flags.load(Ordering::Acquire))
    }

    pub(crate) fn set_grace(&self, grace: Grace) {
        self.set(grace.flag());
    }
}
