//! More children in one scope than programs have.

use purview_tests::{Gate, PollCount, yield_now};

const MANY: usize = 1_000_000;

/// Gives how many children were alive in one scope at once, each polled, before all of them ended.
pub(crate) fn children_in_one_scope() -> usize {
    let (gate, polls) = (Gate::new(), PollCount::new());
    let alive = purview::block_on(purview::scope(async |s| {
        for _ in 0..MANY {
            s.spawn(polls.of(gate.wait()));
        }
        while polls.get() < MANY {
            yield_now().await;
        }
        let alive = s.len();
        gate.open();
        alive
    }));
    assert!(polls.get() >= 2 * MANY, "each was polled to its end");
    alive
}
