//! What a scope knows of the spans of its tasks: nothing without the feature `tracing`.

/// How the spans of a scope's tasks are made, and what they are below.
#[cfg(not(feature = "tracing"))]
#[derive(Default)]
pub(crate) struct ScopeSpans {}

#[cfg(not(feature = "tracing"))]
impl ScopeSpans {
    #[expect(clippy::unused_self, reason = "the same as with the feature")]
    pub(super) fn end(&self) {}
}

#[cfg(feature = "tracing")]
pub(crate) use self::traced::{ScopeSpans, SpanAround};

#[cfg(feature = "tracing")]
mod traced {
    use std::sync::{Arc, PoisonError};

    use tracing::Span;

    use crate::{sync::Mutex, tree::TaskInfo};

    type MakeSpan = dyn Fn(&TaskInfo) -> Span + Send + Sync;

    /// A span that others are below.
    pub(crate) struct SpanAround {
        pub(crate) span: Span,
        /// The nearest around it that is not Purview's own, where this is.
        pub(crate) outside: Option<Arc<Span>>,
    }

    /// How the spans of a scope's tasks are made, and what they are below.
    #[derive(Default)]
    pub(crate) struct ScopeSpans {
        /// Makes them, where the user does.
        make: Option<Box<MakeSpan>>,
        /// What they are below, wherever they are made: the span of an open scope, or where a gather was first polled.
        parent: Mutex<Option<Arc<SpanAround>>>,
    }

    impl ScopeSpans {
        pub(crate) fn make_with(&mut self, make: impl Fn(&TaskInfo) -> Span + Send + Sync + 'static) {
            self.make = Some(Box::new(make));
        }

        /// Whether the user makes them.
        pub(crate) fn has_maker(&self) -> bool {
            self.make.is_some()
        }

        /// The user's span for a task.
        pub(crate) fn make(&self, task: &TaskInfo) -> Option<Span> {
            self.make.as_ref().map(|make| make(task))
        }

        pub(crate) fn parent(&self) -> Option<Arc<SpanAround>> {
            self.parent.lock().unwrap_or_else(PoisonError::into_inner).clone()
        }

        pub(crate) fn set_parent(&self, parent: SpanAround) {
            self.replace(Some(Arc::new(parent)));
        }

        fn replace(&self, parent: Option<Arc<SpanAround>>) {
            // Dropped outside the lock: the subscriber is told of it.
            let old = std::mem::replace(&mut *self.parent.lock().unwrap_or_else(PoisonError::into_inner), parent);
            drop(old);
        }

        /// The scope has ended: it keeps no span open.
        pub(in crate::tree) fn end(&self) {
            self.replace(None);
        }
    }
}
