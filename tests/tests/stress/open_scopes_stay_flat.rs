//! An open scope that lives through millions of short children holds no more at the end than it did near the beginning.

use purview::{Scope, Settled, settled};
use purview_tests::{AnyRuntime, served_by_every_runtime, yield_now};

use crate::{
    meter::{live_bytes, on_its_own},
    scale::children,
};

/// What the allocator of the process may keep for other reasons, such as an executor that starts a thread.
const SLACK: usize = 64 * 1024;

/// Spawns `count` children, `BATCH` at a time.
async fn live_through(open: &Scope<'static, Settled<()>>, count: usize) {
    const BATCH: usize = 100;
    for _ in 0..count / BATCH {
        for i in 0..BATCH {
            if i % 4 == 0 {
                drop(open.spawn_parallel(async { Ok(()) }));
            } else {
                drop(open.spawn(async move {
                    if i % 10 == 0 {
                        yield_now().await;
                    }
                    Ok(())
                }));
            }
        }
        while !open.is_empty() {
            yield_now().await;
        }
    }
}

async fn with_plain_and_parallel_children(runtime: AnyRuntime) {
    let _alone = on_its_own();
    let (open, driver) = settled::<()>().runtime(runtime).open();
    let work = async {
        // Whatever is made once has been made by then.
        live_through(&open, children() / 10).await;
        let before = live_bytes();
        live_through(&open, children()).await;
        let after = live_bytes();
        drop(open);
        (before, after)
    };
    let (out, (before, after)) = futures::future::join(driver, work).await;
    assert!(out.is_ok());
    let grown = after.saturating_sub(before);
    assert!(grown <= SLACK, "{grown} bytes more after {} children", children());
}

served_by_every_runtime!(with_plain_and_parallel_children);
