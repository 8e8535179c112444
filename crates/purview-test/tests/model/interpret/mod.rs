//! Runs a program on the real scopes, and writes down what happens.

mod cast;
mod closure;
mod group;
mod inside;
mod last_will;
mod member;
mod moves;
mod nest;
mod one_thread;
mod performer;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use futures::{FutureExt, future::BoxFuture};
use purview_test::{Stalled, VirtualRuntime};

pub(crate) use self::nest::Scoped;
use crate::{
    program::ScopeSpec,
    trace::{Event, Trace, World},
};

/// No program here needs more steps of the runtime.
const MOST_STEPS: u64 = 10_000;

/// Runs `program` under the schedule that `schedule` decides.
pub(crate) fn run(program: &ScopeSpec, schedule: u64) -> (Trace, Result<(), Stalled>) {
    let runtime = VirtualRuntime::exploring(schedule).max_steps(MOST_STEPS);
    let world = World::new(runtime.clone(), program.has_closures_that_block());
    if runtime.scope_steps().is_some() {
        world.log(Event::ScopesYieldEarly);
    }
    let scope = Scoped::new(world.clone(), program.clone());
    let shared = world.shared.clone();
    let whole = async move {
        scope.await;
        shared.take_all().into_iter().for_each(Scoped::discard);
    };
    let ended = runtime.try_block_on(Contained(Some(whole.boxed())));
    let trace = world.trace();
    runtime.shutdown();
    // Where the run came to no end.
    drop(catch_unwind(AssertUnwindSafe(|| drop(world.shared.take_all()))));
    (trace, ended)
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
