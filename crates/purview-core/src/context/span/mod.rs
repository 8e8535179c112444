//! What `tracing` is told of tasks: a span for each, entered whenever it is polled. Without the feature nothing is.

#[cfg(feature = "console")]
mod console;
#[cfg(feature = "tracing")]
mod made;
#[cfg(all(feature = "tracing", not(feature = "console")))]
mod no_console;
#[cfg(feature = "tracing")]
mod outside;
#[cfg(feature = "tracing")]
mod traced;
#[cfg(not(feature = "tracing"))]
mod untraced;
#[cfg(feature = "console")]
mod waker;

#[cfg(feature = "tracing")]
pub(crate) use self::traced::{GivenSpan, TaskSpan, open_gather, open_scope, scope_cut};
#[cfg(not(feature = "tracing"))]
pub(crate) use self::untraced::{GivenSpan, TaskSpan, open_gather, open_scope, scope_cut};
use super::Env;
use crate::cancel::CancelReason;

/// How a task ended, as its span says.
pub(crate) enum Outcome<'a> {
    Returned,
    /// It returned what its policy takes for a failure.
    Failed,
    Panicked,
    Cancelled(&'a CancelReason),
}

impl Env {
    pub(crate) fn set_span(&mut self, span: TaskSpan) {
        self.span = span;
    }

    /// Takes the span out for the length of a poll.
    pub(crate) fn take_span(&mut self) -> TaskSpan {
        std::mem::take(&mut self.span)
    }

    /// The task has ended: its span says how, and is closed.
    pub(crate) fn end_span<'a>(&mut self, outcome: impl FnOnce() -> Outcome<'a>) {
        self.take_span().end(outcome);
    }

    /// The future was dropped: only the surroundings that are given its end keep the span open.
    pub(crate) fn let_go_of_span(&mut self) {
        self.span.let_go();
    }
}
