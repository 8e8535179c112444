//! Where no tokio context is current: smol, else async-std, else the embedded runtime.

use std::thread;

use futures::executor::block_on;

fn thread_of_a_parallel_child() -> thread::Thread {
    block_on(purview::scope(async |s| {
        s.spawn_parallel(async { thread::current() }).await
    }))
}

#[test]
#[cfg(feature = "smol")]
fn smol_comes_before_async_std_and_the_embedded_runtime() {
    assert_eq!(thread_of_a_parallel_child().name(), Some("smol-1"));
}

#[test]
#[cfg(all(feature = "async-std", not(feature = "smol")))]
fn async_std_comes_before_the_embedded_runtime() {
    let is_task = block_on(purview::scope(async |s| {
        s.spawn_parallel(async { ::async_std::task::try_current().is_some() })
            .await
    }));
    assert!(is_task);
    assert_ne!(thread_of_a_parallel_child().id(), thread::current().id());
}

#[test]
#[cfg(not(any(feature = "smol", feature = "async-std")))]
fn without_an_executor_parallel_children_run_in_the_task_of_the_scope() {
    assert_eq!(thread_of_a_parallel_child().id(), thread::current().id());
}

#[test]
#[cfg(any(feature = "blocking", feature = "smol", feature = "async-std"))]
fn blocking_children_run_on_the_pool() {
    let name = block_on(purview::scope(async |s| {
        s.spawn_blocking(|_| thread::current().name().map(str::to_owned)).await
    }));
    assert!(name.unwrap().starts_with("blocking-"));
}

#[test]
fn time_passes() {
    let soon = std::time::Duration::from_millis(1);
    block_on(purview::sleep(soon));
    assert!(block_on(purview::timeout(soon, std::future::pending::<()>())).is_err());
}

#[test]
#[cfg(feature = "tokio")]
fn the_feature_tokio_changes_nothing_outside_a_tokio_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("tokio")
        .build()
        .unwrap();
    assert_ne!(thread_of_a_parallel_child().name(), Some("tokio"));
    let _context = runtime.enter();
    assert_eq!(thread_of_a_parallel_child().name(), Some("tokio"));
}
