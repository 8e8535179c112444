use std::{mem, sync::Arc};

use crate::context::Frame;

/// What keeps a task from being dropped at once when it is cancelled; given back when dropped.
#[derive(Default)]
pub(crate) struct Hold {
    frame: Option<Arc<Frame>>,
    /// It waits for the token of the task's scope.
    on_scope: bool,
}

impl Hold {
    /// Holds the task that is being polled now; follows the future where it is moved to another task.
    pub(crate) fn take(&mut self, frame: Option<Arc<Frame>>) {
        self.replace(frame, false);
    }

    /// As [`take`](Self::take), against the cancellation of the whole scope only: of one that concerns this task alone
    /// the token that it waits for knows nothing.
    pub(crate) fn take_on_scope(&mut self, frame: Option<Arc<Frame>>) {
        self.replace(frame, true);
    }

    fn replace(&mut self, frame: Option<Arc<Frame>>, on_scope: bool) {
        let same = match (&self.frame, &frame) {
            (Some(held), Some(frame)) => Arc::ptr_eq(held, frame) && self.on_scope == on_scope,
            (None, None) => true,
            _ => false,
        };
        if !same {
            if let Some(frame) = &frame {
                frame.hold(on_scope);
            }
            drop(mem::replace(self, Self { frame, on_scope }));
        }
    }

    pub(crate) fn release(&mut self) {
        if let Some(frame) = self.frame.take() {
            frame.let_go(self.on_scope);
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.release();
    }
}
