//! What `tracing` is told of tasks: a span for each, entered whenever it is polled.

use super::Env;

/// The span of one task; nothing without the feature `tracing`.
#[derive(Default)]
pub(crate) struct TaskSpan {
    #[cfg(feature = "tracing")]
    span: Option<tracing::Span>,
}

impl TaskSpan {
    /// What is no task of its own has no span.
    pub(crate) fn none() -> Self {
        Self {
            #[cfg(feature = "tracing")]
            span: Some(tracing::Span::none()),
        }
    }
}

#[cfg(feature = "tracing")]
impl TaskSpan {
    /// Makes the span before the first poll: by then the scope has its name.
    pub(crate) fn make(&mut self, env: &Env) {
        if self.span.is_none() {
            let span = tracing::debug_span!("task", id = %env.id(), name = tracing::field::Empty);
            // Which task it is costs an allocation, which no subscriber asks for then.
            if !span.is_disabled() {
                if let Some(info) = env.named_info() {
                    span.record("name", info.name());
                }
            }
            self.span = Some(span);
        }
    }

    /// Runs code of the task's inside the span.
    pub(crate) fn run<T>(&self, f: impl FnOnce() -> T) -> T {
        match &self.span {
            Some(span) => span.in_scope(f),
            None => f(),
        }
    }

    pub(crate) fn ended(&self) {
        if let Some(span) = self.span.as_ref().filter(|span| !span.is_none()) {
            tracing::trace!(parent: span, "the task has ended");
        }
    }
}

#[cfg(not(feature = "tracing"))]
#[expect(clippy::unused_self, reason = "the same as with the feature")]
impl TaskSpan {
    pub(crate) fn make(&mut self, _: &Env) {}

    pub(crate) fn run<T>(&self, f: impl FnOnce() -> T) -> T {
        f()
    }

    pub(crate) fn ended(&self) {}
}

/// Tells that a scope is being cancelled, and why.
#[cfg(feature = "tracing")]
pub(crate) fn scope_cut(name: Option<&str>, reason: &crate::CancelReason) {
    tracing::debug!(scope = name, %reason, "the scope is cancelled");
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn scope_cut(_: Option<&str>, _: &crate::CancelReason) {}
