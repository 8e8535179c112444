//! What a `timeout` owns.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::{Context, Poll},
    thread,
};

use futures::future::BoxFuture;

use crate::{
    actor::origin,
    program::ActorId,
    trace::{Event, World},
};

/// Says how it ends, and when it is dropped before that.
pub(super) struct Inside<'a> {
    world: World,
    actor: ActorId,
    /// How many timeouts of the actor are around the one that owns this.
    depth: usize,
    future: Option<BoxFuture<'a, ()>>,
}

impl<'a> Inside<'a> {
    pub(super) fn new(world: &World, actor: ActorId, depth: usize, future: BoxFuture<'a, ()>) -> Self {
        Self {
            world: world.clone(),
            actor,
            depth,
            future: Some(future),
        }
    }
}

impl Future for Inside<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let future = self.future.as_mut().expect("it is polled until it ends");
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        if let Ok(Poll::Pending) = polled {
            return Poll::Pending;
        }
        self.future = None;
        self.world.log(Event::InsideEnds(self.actor));
        polled.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let Some(future) = self.future.take() else { return };
        let (actor, depth) = (self.actor, self.depth);
        self.world.log(Event::InsideIsDropped(actor, depth));
        let panic = catch_unwind(AssertUnwindSafe(|| drop(future))).err();
        let panic = panic.filter(|_| !thread::panicking());
        let kind = panic.as_deref().map(origin);
        self.world.log(Event::InsideWasDropped(actor, depth, kind));
        if let Some(payload) = panic {
            resume_unwind(payload);
        }
    }
}
