//! Which threads a facade's `block_on` may block.

use async_std::task;
use purview_async_std::AsyncStd;

#[test]
fn a_thread_that_drives_a_task_must_not_be_blocked() {
    assert!(task::block_on(async { AsyncStd::drives_this_thread() }));
    let spawned = task::spawn(async { AsyncStd::drives_this_thread() });
    assert!(futures_executor::block_on(spawned));
}

#[test]
fn any_other_thread_may_be_blocked() {
    assert!(!AsyncStd::drives_this_thread());
    let on_the_pool = task::spawn_blocking(AsyncStd::drives_this_thread);
    assert!(!futures_executor::block_on(on_the_pool));
}
