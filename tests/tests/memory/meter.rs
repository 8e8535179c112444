use std::{
    alloc::System,
    sync::{Mutex, MutexGuard, PoisonError},
};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

static TURN: Mutex<()> = Mutex::new(());

/// More than a harness allocates beside a test, and far less than what any of these tests could leak.
const NOISE: usize = 32 * 1024;

/// One test's turn to measure.
pub(crate) struct Meter {
    _turn: MutexGuard<'static, ()>,
    allocator: &'static StatsAlloc<System>,
}

impl Meter {
    pub(crate) fn take_turn() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self {
            _turn: turn,
            allocator: ALLOCATOR,
        }
    }

    /// Bytes in use.
    pub(crate) fn bytes(&self) -> usize {
        let stats = self.allocator.stats();
        stats.bytes_allocated - stats.bytes_deallocated
    }

    /// Checks that no more is in use than `before`.
    #[track_caller]
    pub(crate) fn assert_back_to(&self, before: usize) {
        let now = self.bytes();
        assert!(now <= before + NOISE, "{before} bytes before, {now} after");
    }
}
