//! Runs a program on the real scopes, and writes down what happens.

mod cast;
mod group;
mod last_will;
mod member;
mod nest;
mod one_thread;
mod performer;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use purview_test::{Stalled, VirtualRuntime};

use self::nest::nest;
use crate::{
    program::ScopeSpec,
    trace::{Event, Trace, World},
};

/// No program here needs more steps of the runtime.
const MOST_STEPS: u64 = 10_000;

/// Runs `program` under the schedule that `schedule` decides.
pub(crate) fn run(program: &ScopeSpec, schedule: u64) -> (Trace, Result<(), Stalled>) {
    let runtime = VirtualRuntime::exploring(schedule).max_steps(MOST_STEPS);
    let world = World::new(runtime.clone());
    if runtime.scope_steps().is_some() {
        world.log(Event::ScopesYieldEarly);
    }
    let ended = runtime.try_block_on(Contained(Some(nest(world.clone(), program.clone(), None, None))));
    runtime.shutdown();
    (world.into_trace(), ended)
}

/// A future whose destructor does not panic: that of a program that cannot go on would hide why.
struct Contained(Option<BoxFuture<'static, ()>>);

impl Future for Contained {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0
            .as_mut()
            .map_or(Poll::Ready(()), |future| future.as_mut().poll(cx))
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        let future = self.0.take();
        drop(catch_unwind(AssertUnwindSafe(|| drop(future))));
    }
}
