//! The body is an async closure, or a closure that returns a future.
use purview::{JoinAll, Scope};

async fn named(s: Scope<'_, JoinAll>) -> u8 {
    s.spawn(async { 3 }).await
}

fn main() {
    let sum = purview::block_on(async {
        purview::scope(async |s| s.spawn(async { 1 }).await).await
            + purview::scope(|s| async move { s.spawn(async { 2 }).await }).await
            + purview::scope(named).await
    });
    assert_eq!(sum, 6);
}
