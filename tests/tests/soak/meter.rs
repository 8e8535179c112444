use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What has been allocated and not freed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Live {
    pub(crate) allocations: usize,
    pub(crate) bytes: usize,
}

impl Live {
    pub(crate) fn now() -> Self {
        let stats = ALLOCATOR.stats();
        Self {
            allocations: stats.allocations - stats.deallocations,
            bytes: stats.bytes_allocated - stats.bytes_deallocated,
        }
    }
}
