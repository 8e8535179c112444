//! Why a scope or a gather is to be polled: one bit for each of its parts that has something to do.

use std::{
    sync::Arc,
    task::{Wake, Waker},
};

use super::Signal;

/// The body was woken.
pub(crate) const BODY: u32 = 1;
/// A child in the set was woken.
pub(crate) const CHILDREN: u32 = 1 << 1;
/// The timer completed, or an instant that it waits for has moved.
pub(crate) const TIMER: u32 = 1 << 2;
/// There are children in the queue.
pub(crate) const QUEUE: u32 = 1 << 3;
/// The token fired.
pub(crate) const CANCEL: u32 = 1 << 4;
/// Some tasks are to stop although nothing will wake them.
pub(crate) const STOPPED: u32 = 1 << 5;
/// The source of a gather has something.
pub(crate) const SOURCE: u32 = 1 << 6;
/// The first of up to twelve members of a `gather!`.
pub(crate) const MEMBER: u32 = 1 << 7;
/// A grace around it has ended.
pub(crate) const GRACE: u32 = 1 << 20;

/// Owns the signal that the wakers of its parts raise.
pub(crate) trait HasSignal: Send + Sync + 'static {
    fn signal(&self) -> &Signal;
}

/// The waker of one part.
struct PartWaker<S, const PART: u32>(Arc<S>);

impl<S: HasSignal, const PART: u32> Wake for PartWaker<S, PART> {
    fn wake(self: Arc<Self>) {
        self.0.signal().raise(PART);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.signal().raise(PART);
    }
}

/// A waker that raises one bit.
pub(crate) fn part_waker<const PART: u32, S: HasSignal>(owner: &Arc<S>) -> Waker {
    Arc::new(PartWaker::<S, PART>(owner.clone())).into()
}
