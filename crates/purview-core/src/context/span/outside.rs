//! What is entered besides the span of a task that runs on another thread.
//!
//! A layer of `tracing-subscriber` that has a filter of its own looks for the current span among those that are entered on the
//! thread, and not among the parents of the innermost. So where it does not see the spans of tasks, these would hide what is
//! around them.

use std::{cell::Cell, sync::Arc};

use tracing::{Span, span::Id};

use crate::sync::thread_local;

/// A span that is not one of Purview's own.
pub(super) type Outside = Arc<Span>;

thread_local! {
    /// The span of Purview's that is entered on this thread, and what is outside of it.
    static OWN: Cell<Option<(Id, Outside)>> = const { Cell::new(None) };
}

/// Whether it is the span that a task has where the user gives it none.
pub(super) fn is_own(span: &Span) -> bool {
    span.metadata()
        .is_some_and(|span| span.name() == "task" && span.target() == "purview")
}

/// Whether it is a task as tokio-console sees it: entered elsewhere it would count as a poll of that task.
pub(super) fn is_of_console(span: &Span) -> bool {
    span.metadata().is_some_and(|span| span.name() == "runtime.spawn")
}

/// The innermost span that is current here and not Purview's own.
pub(super) fn outside() -> Option<Outside> {
    let here = Span::current();
    if is_own(&here) {
        beyond(&here)
    } else {
        let is_known = !here.is_disabled() && !is_of_console(&here);
        is_known.then(|| Arc::new(here))
    }
}

/// What is outside of this span of Purview's, if the task that it belongs to is the one that runs here.
pub(super) fn beyond(own: &Span) -> Option<Outside> {
    let entered = OWN.try_with(Cell::take).ok()??;
    let outside = (own.id().as_ref() == Some(&entered.0)).then(|| entered.1.clone());
    put(Some(entered));
    outside
}

/// Notes that this span of Purview's is entered, until it is dropped.
pub(super) struct Entered(Option<(Id, Outside)>);

impl Entered {
    pub(super) fn new(own: &Span, outside: Option<&Outside>) -> Self {
        Self(put(own.id().zip(outside.cloned())))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        // The span is the subscriber's to drop: not while the place is in use.
        let left = put(self.0.take());
        drop(left);
    }
}

fn put(entered: Option<(Id, Outside)>) -> Option<(Id, Outside)> {
    OWN.try_with(|own| own.replace(entered)).ok().flatten()
}
