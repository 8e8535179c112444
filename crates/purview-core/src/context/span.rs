//! What `tracing` is told of tasks: a span for each, entered whenever it is polled.

/// The span of one task; nothing without the feature `tracing`.
#[cfg(feature = "tracing")]
#[derive(Default)]
pub(super) struct TaskSpan(std::sync::OnceLock<tracing::Span>);

#[cfg(feature = "tracing")]
impl TaskSpan {
    /// Runs code of the task's inside its span, which is made when the task is first polled: by then its scope knows how
    /// it is called.
    pub(super) fn run<T>(&self, info: &super::TaskInfo, f: impl FnOnce() -> T) -> T {
        let span = self.0.get_or_init(|| {
            let span = tracing::debug_span!("task", id = %info.id(), name = tracing::field::Empty);
            if !span.is_disabled() {
                span.record("name", info.name());
            }
            span
        });
        span.in_scope(f)
    }

    pub(super) fn ended(&self) {
        if let Some(span) = self.0.get() {
            tracing::trace!(parent: span, "the task has ended");
        }
    }
}

#[cfg(not(feature = "tracing"))]
#[derive(Default)]
pub(super) struct TaskSpan {}

#[cfg(not(feature = "tracing"))]
impl TaskSpan {
    #[expect(clippy::unused_self, reason = "the same as with the feature")]
    pub(super) fn run<T>(&self, _: &super::TaskInfo, f: impl FnOnce() -> T) -> T {
        f()
    }

    #[expect(clippy::unused_self, reason = "the same as with the feature")]
    pub(super) fn ended(&self) {}
}

/// Tells that a scope is being cancelled, and why.
#[cfg(feature = "tracing")]
pub(crate) fn scope_cut(name: Option<&str>, reason: &crate::CancelReason) {
    tracing::debug!(scope = name, %reason, "the scope is cancelled");
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn scope_cut(_: Option<&str>, _: &crate::CancelReason) {}
