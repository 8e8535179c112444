use std::{
    alloc::System,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

static TAKEN: Mutex<bool> = Mutex::new(false);
static FREED: Condvar = Condvar::new();

/// While it lives no other test of this program runs: they count what the whole process allocates, and want both cores.
///
/// Not a guard of a lock, because it goes from thread to thread with the test.
pub(crate) struct Turn(());

/// Waits for its turn.
pub(crate) fn on_its_own() -> Turn {
    let mut taken = lock();
    while *taken {
        taken = FREED.wait(taken).unwrap_or_else(PoisonError::into_inner);
    }
    *taken = true;
    Turn(())
}

impl Drop for Turn {
    fn drop(&mut self) {
        *lock() = false;
        FREED.notify_one();
    }
}

fn lock() -> MutexGuard<'static, bool> {
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Bytes in use.
pub(crate) fn live_bytes() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// How many allocations `work` makes.
pub(crate) fn allocations_in(work: impl FnOnce()) -> usize {
    let before = ALLOCATOR.stats().allocations;
    work();
    ALLOCATOR.stats().allocations - before
}
