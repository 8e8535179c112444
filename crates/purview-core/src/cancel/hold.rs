use std::sync::Arc;

use crate::context::Frame;

/// What keeps a task from being dropped at once when it is cancelled; given back when dropped.
#[derive(Default)]
pub(crate) struct Hold(Option<Arc<Frame>>);

impl Hold {
    /// Holds the task that is being polled now; follows the future where it is moved to another task.
    pub(crate) fn take(&mut self, frame: Option<Arc<Frame>>) {
        let same = match (&self.0, &frame) {
            (Some(held), Some(frame)) => Arc::ptr_eq(held, frame),
            (None, None) => true,
            _ => false,
        };
        if !same {
            if let Some(frame) = &frame {
                frame.hold();
            }
            let old = std::mem::replace(&mut self.0, frame);
            drop(Self(old));
        }
    }

    pub(crate) fn release(&mut self) {
        if let Some(frame) = self.0.take() {
            frame.let_go();
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.release();
    }
}
