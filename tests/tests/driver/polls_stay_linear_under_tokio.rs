//! Once tokio's cooperative budget is spent, a task that asks one of its resources gets `Pending` and is woken at once.
//! A set of futures then polls all of them on every pass, which is quadratic. A scope does not.

use futures::future::BoxFuture;
use purview::scope;
use purview_tests::{Gate, PollCount, on_tokio, yield_now};
use tokio::sync::Semaphore;

const CHILDREN: usize = 160_000;
const DEPTH: usize = 16;
const PERMITS: usize = 4;

/// A hundred and sixty thousand children that wait side by side, and then take some free permits each.
struct Crowd {
    gate: Gate,
    permits: Semaphore,
    polls: PollCount,
}

impl Crowd {
    fn new() -> Self {
        Self {
            gate: Gate::new(),
            permits: Semaphore::new(CHILDREN),
            polls: PollCount::new(),
        }
    }

    async fn member(&self) {
        let member = async {
            self.gate.wait().await;
            // Several units of the budget for each child: it is spent long before the pass has done its 128 steps.
            for _ in 0..PERMITS {
                drop(self.permits.acquire().await.expect("it is never closed"));
            }
        };
        self.polls.of(member).await;
    }

    /// Opens the gate when all children wait at it.
    async fn opens(&self) {
        while self.polls.get() < CHILDREN {
            yield_now().await;
        }
        self.gate.open();
    }

    #[track_caller]
    fn assert_linear(&self) {
        let polls = self.polls.get();
        assert!(polls >= 2 * CHILDREN, "each was polled to its end");
        // One to wait; then 32 children end on one budget of 128, and 32 more are asked in vain before the rest is left to
        // the next pass.
        assert!(
            polls <= 3 * CHILDREN + CHILDREN / 4,
            "{polls} polls for {CHILDREN} children"
        );
    }
}

async fn with_all_children_in_one_scope() {
    let crowd = Crowd::new();
    scope(async |s| {
        for _ in 0..CHILDREN {
            s.spawn(crowd.member());
        }
        crowd.opens().await;
    })
    .await;
    crowd.assert_linear();
}

async fn with_all_children_in_the_innermost_of_sixteen_scopes() {
    fn level(left: usize, crowd: &Crowd) -> BoxFuture<'_, ()> {
        Box::pin(scope(async move |s| {
            if left > 1 {
                s.spawn(level(left - 1, crowd));
            } else {
                for _ in 0..CHILDREN {
                    s.spawn(crowd.member());
                }
            }
        }))
    }
    let crowd = Crowd::new();
    futures::future::join(level(DEPTH, &crowd), crowd.opens()).await;
    crowd.assert_linear();
}

async fn with_the_children_spread_over_sixteen_nested_scopes() {
    fn level(left: usize, crowd: &Crowd) -> BoxFuture<'_, ()> {
        Box::pin(scope(async move |s| {
            for _ in 0..CHILDREN / DEPTH {
                s.spawn(crowd.member());
            }
            if left > 1 {
                s.spawn(level(left - 1, crowd));
            }
        }))
    }
    let crowd = Crowd::new();
    futures::future::join(level(DEPTH, &crowd), crowd.opens()).await;
    crowd.assert_linear();
}

on_tokio!(
    with_all_children_in_one_scope,
    with_all_children_in_the_innermost_of_sixteen_scopes,
    with_the_children_spread_over_sixteen_nested_scopes,
);
