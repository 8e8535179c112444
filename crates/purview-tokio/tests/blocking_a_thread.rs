//! Which threads a facade's `block_on` may block.

use purview_tokio::Tokio;
use tokio::{
    runtime::{Builder, Runtime},
    task::{self, LocalSet},
};

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).build().unwrap()
}

#[test]
fn a_thread_that_drives_tasks_must_not_be_blocked() {
    for runtime in [multi_thread(), Builder::new_current_thread().build().unwrap()] {
        assert!(runtime.block_on(async { Tokio::drives_this_thread() }));
        let spawned = runtime.spawn(async { Tokio::drives_this_thread() });
        assert!(runtime.block_on(spawned).unwrap());
        assert!(LocalSet::new().block_on(&runtime, async { Tokio::drives_this_thread() }));
    }
}

#[test]
fn a_thread_that_drives_none_may_be_blocked() {
    assert!(!Tokio::drives_this_thread());
    let runtime = multi_thread();
    let _context = runtime.enter();
    assert!(!Tokio::drives_this_thread());
    let on_the_pool = runtime.spawn_blocking(Tokio::drives_this_thread);
    assert!(!futures_executor::block_on(on_the_pool).unwrap());
    let in_place = runtime.spawn(async { task::block_in_place(Tokio::drives_this_thread) });
    assert!(!futures_executor::block_on(in_place).unwrap());
}
