//! Runs a program on the real scopes, and writes down what happens.

mod cast;
mod group;
mod last_will;
mod member;
mod nest;
mod one_thread;
mod performer;

use purview_test::{Stalled, VirtualRuntime};

use self::nest::nest;
use crate::{
    program::ScopeSpec,
    trace::{Trace, World},
};

/// No program here needs more steps of the runtime.
const MOST_STEPS: u64 = 10_000;

/// Runs `program` under the schedule that `schedule` decides.
pub(crate) fn run(program: &ScopeSpec, schedule: u64) -> (Trace, Result<(), Stalled>) {
    let runtime = VirtualRuntime::exploring(schedule).max_steps(MOST_STEPS);
    let world = World::new(runtime.clone());
    let ended = runtime.try_block_on(nest(world.clone(), program.clone(), None, None));
    runtime.shutdown();
    (world.into_trace(), ended)
}
