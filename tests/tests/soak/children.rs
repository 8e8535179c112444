//! Children by the million in one scope.

use std::future::pending;

use futures::FutureExt;
use purview_tests::yields;

use crate::phase::Open;

const BATCH: usize = 100;

async fn until_empty(open: &Open) {
    while !open.is_empty() {
        yields(1).await;
    }
}

/// Waits until the executor has come as far as this. What it has been given stands in its queue until then, cancelled or
/// not, and on a busy machine the queue would grow until it is waited for.
async fn until_the_executor_is_here(open: &Open) {
    let _ = open.spawn_parallel(yields(0).map(Ok)).await;
}

/// Spawned, and cancelled one by one: before they have begun, while they wait, and when they may have ended. Some of
/// their tasks are awaited, the others dropped.
pub(crate) async fn spawned_and_cancelled(open: Open, count: usize) {
    for batch in 0..count.div_ceil(BATCH) {
        let tasks: Vec<_> = (0..BATCH.min(count - batch * BATCH))
            .map(|i| match i % 5 {
                0 => open.spawn_parallel(pending()),
                1 => open.spawn_parallel(yields(1).map(Ok)),
                2 => open.spawn(yields(1).map(Ok)),
                _ => open.spawn(pending()),
            })
            .collect();
        yields(batch % 3).await;
        for task in &tasks {
            task.cancel();
        }
        for task in tasks.into_iter().take(batch % 2 * BATCH) {
            let _ = task.await;
        }
        until_the_executor_is_here(&open).await;
        until_empty(&open).await;
    }
}

/// Spawned, to end by themselves soon.
pub(crate) async fn short(open: Open, count: usize) {
    for batch in 0..count.div_ceil(BATCH) {
        for i in 0..BATCH.min(count - batch * BATCH) {
            if i % 10 == 0 {
                drop(open.spawn_parallel(async { Ok(()) }));
            } else {
                drop(open.spawn(yields(i % 2).map(Ok)));
            }
        }
        until_empty(&open).await;
    }
}
