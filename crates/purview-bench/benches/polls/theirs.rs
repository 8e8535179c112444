use std::sync::Arc;

use futures::{StreamExt, stream::FuturesUnordered};
use purview_tests::{Gate, PollCount};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Semaphore,
    task::JoinSet,
};

/// What a bare set does is quadratic; with 160,000 children it takes most of a minute.
pub(crate) const FEWER: usize = 20_000;

fn executor() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a tokio runtime")
}

async fn child(gate: Gate, permits: Arc<Semaphore>) {
    gate.wait().await;
    drop(permits.acquire().await.expect("nobody closes it"));
}

#[allow(clippy::cast_precision_loss, reason = "a few hundred thousand polls")]
fn each(polls: &PollCount, n: usize) -> f64 {
    polls.get() as f64 / n as f64
}

pub(crate) fn futures_unordered(n: usize) -> f64 {
    let (gate, permits, polls) = (Gate::new(), Arc::new(Semaphore::new(n)), PollCount::new());
    executor().block_on(async {
        let mut children: FuturesUnordered<_> =
            (0..n).map(|_| polls.of(child(gate.clone(), permits.clone()))).collect();
        while polls.get() < n {
            assert!(futures::poll!(children.next()).is_pending());
            tokio::task::yield_now().await;
        }
        gate.open();
        while children.next().await.is_some() {}
    });
    each(&polls, n)
}

pub(crate) fn join_set(n: usize) -> f64 {
    let (gate, permits, polls) = (Gate::new(), Arc::new(Semaphore::new(n)), PollCount::new());
    executor().block_on(async {
        let mut children = JoinSet::new();
        for _ in 0..n {
            children.spawn(polls.of(child(gate.clone(), permits.clone())));
        }
        while polls.get() < n {
            tokio::task::yield_now().await;
        }
        gate.open();
        while children.join_next().await.is_some() {}
    });
    each(&polls, n)
}
