//! Nothing has to be pinned by hand: neither a task, nor a scope, nor a child that is not `Unpin`.
use std::marker::PhantomPinned;

fn main() {
    purview::block_on(purview::scope(async |s| {
        let mut task = s.spawn(async {
            let pinned = PhantomPinned;
            purview::checkpoint().await;
            drop(pinned);
            7
        });
        assert_eq!((&mut task).await, 7);
    }));
}
