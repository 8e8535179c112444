//! Running one test program.

use purview_core::{JoinAll, with_policy};

use crate::{VirtualRuntime, jitter};

/// Runs `program` on a fresh [`VirtualRuntime`] that all scopes inside use.
///
/// Sleeps, timeouts and deadlines cost no real time: the clock jumps when all tasks wait. See
/// [`VirtualRuntime::run`] for a runtime of your own choice, and [`VirtualRuntime::current`] for the one in use.
///
/// # Panics
///
/// When `program` panics, with its payload; when it is stuck, or has not ended after 10,000,000 steps, with the text of
/// [`Stalled`](crate::Stalled).
///
/// # Examples
///
/// ```
/// use purview_test::VirtualRuntime;
/// use std::time::Duration;
///
/// purview_test::run(async {
///     let day = Duration::from_secs(24 * 3600);
///     purview_core::sleep(day).await;
///     assert_eq!(VirtualRuntime::current().unwrap().elapsed(), day);
/// });
/// ```
#[track_caller]
pub fn run<F: Future>(program: F) -> F::Output {
    VirtualRuntime::new().max_steps(MOST_STEPS).run(program)
}

/// A test takes a thousandth of that; one that takes more has a heartbeat, and a task in it is stuck.
const MOST_STEPS: u64 = 10_000_000;

impl VirtualRuntime {
    /// Runs `program` to its end; every scope inside that names no runtime uses this one. What was spawned and has not
    /// ended by then is dropped.
    ///
    /// The program runs as the body of a scope named `test`, so that a report names it:
    /// [`current`](purview_core::current) inside is that body, and [`deadline`](purview_core::deadline) is `None` unless `run`
    /// is called inside a scope that has one. Futures spawned on the runtime are in no scope, and use the runtime all the
    /// same.
    ///
    /// A runtime runs one program: it is shut down then, and takes no more work.
    ///
    /// # Panics
    ///
    /// As [`block_on`](Self::block_on).
    #[track_caller]
    pub fn run<F: Future>(&self, program: F) -> F::Output {
        let _shutdown = ShutdownOnDrop(self);
        let scope = with_policy(JoinAll::new()).name("test").runtime(self.clone());
        // A scope gives its body a waker of its own, and polls it when that was woken: faults must go inside.
        self.block_on(scope.run_local(|_| jitter(program)))
    }
}

struct ShutdownOnDrop<'a>(&'a VirtualRuntime);

impl Drop for ShutdownOnDrop<'_> {
    fn drop(&mut self) {
        self.0.shutdown();
    }
}
