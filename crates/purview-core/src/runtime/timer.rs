use std::task::{Context, Poll, Waker};

use super::{BoxFuture, Runtime};
use crate::{sync::Exclusive, time::Instant};

/// One timer of a runtime: set again when the instant that it waits for changes, and made only for a wait.
#[derive(Default)]
pub(crate) struct OneTimer {
    armed: Option<(Instant, Exclusive<BoxFuture>)>,
}

impl OneTimer {
    /// Wakes `waker` when `at` is reached; ready if it has been.
    ///
    /// The clock decides, not the timer: one that completes early is made anew.
    pub(crate) fn set(&mut self, at: Option<Instant>, runtime: &dyn Runtime, waker: &Waker) -> Poll<()> {
        let Some(at) = at else {
            self.clear();
            return Poll::Pending;
        };
        if self.armed.as_ref().is_none_or(|(armed, _)| *armed != at) {
            self.clear();
        }
        let armed = &mut self.armed;
        let (_, sleep) = armed.get_or_insert_with(|| (at, Exclusive::new(runtime.sleep_until(at))));
        if sleep
            .get_mut()
            .as_mut()
            .poll(&mut Context::from_waker(waker))
            .is_pending()
        {
            return Poll::Pending;
        }
        self.clear();
        if runtime.now() >= at {
            return Poll::Ready(());
        }
        // Early. A new timer is made in the next pass, so that one that is always early cannot keep the thread.
        waker.wake_by_ref();
        Poll::Pending
    }

    /// The instant that it waits for.
    pub(crate) fn instant(&self) -> Option<Instant> {
        self.armed.as_ref().map(|(at, _)| *at)
    }

    pub(crate) fn clear(&mut self) {
        self.armed = None;
    }
}
