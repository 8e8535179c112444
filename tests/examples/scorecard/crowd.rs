//! Very many children that each use up the budget of the task they share.

use purview_tests::{Gate, PollCount, yield_now};
use tokio::{runtime, sync::Semaphore};

pub(crate) const COOPERATING: usize = 160_000;

/// Children that wait side by side and are released at once, each to take a free permit of tokio's, which uses up the
/// cooperative budget of the task that they share.
#[allow(clippy::cast_precision_loss, reason = "a few hundred thousand polls")]
pub(crate) fn polls_per_child_under_tokio() -> f64 {
    let (gate, permits, polls) = (Gate::new(), Semaphore::new(COOPERATING), PollCount::new());
    let child = async || {
        gate.wait().await;
        drop(permits.acquire().await.expect("it is never closed"));
    };
    let executor = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a tokio runtime");
    executor.block_on(purview::local_scope(async |s| {
        for _ in 0..COOPERATING {
            s.spawn(polls.of(child()));
        }
        while polls.get() < COOPERATING {
            yield_now().await;
        }
        gate.open();
    }));
    polls.get() as f64 / COOPERATING as f64
}
