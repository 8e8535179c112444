//! How many allocations many futures cost: one each, and a handful for all.
//!
//! One test, because the count is the whole process's.
#![forbid(unsafe_code)]

use std::{alloc::System, pin::pin, task::Context};

use purview_core::{gather, scope};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Polls a future that is ready at once, or soon, without an executor that allocates; gives the allocations it made.
///
/// The fewest of several times: the thread of the harness allocates too, when it finds the time.
fn allocations<F: Future>(make: impl Fn() -> F) -> (usize, F::Output) {
    (0..5)
        .map(|_| once(&make))
        .min_by_key(|(made, _)| *made)
        .expect("five times")
}

fn once<F: Future>(make: impl Fn() -> F) -> (usize, F::Output) {
    let region = Region::new(ALLOCATOR);
    let mut fut = pin!(make());
    let mut cx = Context::from_waker(std::task::Waker::noop());
    let output = loop {
        if let std::task::Poll::Ready(output) = fut.as_mut().poll(&mut cx) {
            break output;
        }
    };
    (region.change().allocations, output)
}

async fn number(n: usize) -> Result<usize, ()> {
    purview_core::checkpoint().await;
    Ok(n)
}

#[test]
fn many_futures_cost_one_allocation_each() {
    // Whatever is made once for a thread is made now.
    drop(allocations(|| gather((0..3).map(number))));
    drop(allocations(|| gather!(number(0), number(1), number(2))));

    for n in [1, 10, 1_000] {
        let (made, all) = allocations(|| gather((0..n).map(number)));
        assert_eq!(all.unwrap().len(), n);
        assert!(made <= n + 8, "gather of {n} made {made} allocations");
        let (made, all) = allocations(|| gather((0..n).map(number)).settled());
        assert_eq!(all.len(), n);
        assert!(made <= n + 8, "gather of {n}, settled, made {made} allocations");
    }

    let (made, three) = allocations(|| gather!(number(0), number(1), number(2)));
    assert_eq!(three.unwrap(), (0, 1, 2));
    assert!(made <= 4, "gather! of three made {made} allocations");

    // Four for a child: its box, its place in the set, its frame and the slot its task waits on.
    let n = 1_000;
    let (made, ()) = allocations(|| {
        scope(async |s| {
            for n in 0..n {
                drop(s.spawn(number(n)));
            }
        })
    });
    assert!(made <= 4 * n + 32, "a scope of {n} children made {made} allocations");
}
