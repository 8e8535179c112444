//! Inside async-std.

use async_std::task;

#[test]
fn a_scope_inside_async_std_runs_parallel_children_on_another_thread() {
    let here = std::thread::current().id();
    let there = task::block_on(purview::scope(async |s| {
        s.spawn_parallel(async { std::thread::current().id() }).await
    }));
    assert_ne!(here, there);
}
