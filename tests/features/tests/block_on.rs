//! Sync code enters a scope with `block_on`, except where that would stall an executor.

use std::panic::{AssertUnwindSafe, catch_unwind};

use purview::{block_on, scope};

/// The message of the panic with which `block_on` refuses, if it does.
fn refusal() -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(|| block_on(async {}))).err()?;
    let message = panic.downcast::<String>().map(|text| *text);
    Some(message.unwrap_or_else(|panic| (*panic.downcast::<&str>().unwrap()).to_owned()))
}

#[test]
fn sync_code_enters_a_scope() {
    let numbers = [1, 2, 3];
    let sum = block_on(scope(async |s| {
        let tasks: Vec<_> = numbers.iter().map(|n| s.spawn(async move { n * 2 })).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        sum
    }));
    assert_eq!(sum, 12);
}

#[test]
fn it_waits_for_wakes_from_other_threads() {
    let (tx, rx) = futures::channel::oneshot::channel();
    let sender = std::thread::spawn(move || tx.send(42));
    assert_eq!(block_on(rx), Ok(42));
    sender.join().unwrap().unwrap();
}

#[test]
fn inside_a_scope_it_is_refused_on_any_executor() {
    let (body, child) = block_on(scope(async |s| {
        let child = s.spawn(async { refusal() });
        (refusal(), child.await)
    }));
    assert!(body.is_some());
    assert!(child.is_some());
}

#[test]
#[cfg(any(feature = "blocking", feature = "smol", feature = "async-std"))]
fn a_blocking_child_may_use_it() {
    let refused = block_on(scope(async |s| s.spawn_blocking(|_| refusal()).await));
    assert_eq!(refused, None);
}

#[cfg(feature = "tokio")]
mod tokio {
    use tokio::{
        runtime::{Builder, Runtime},
        task::block_in_place,
    };

    use super::{refusal, scope};

    fn runtime() -> Runtime {
        Builder::new_multi_thread()
            .worker_threads(1)
            .enable_time()
            .build()
            .unwrap()
    }

    #[test]
    fn inside_a_runtime_it_is_refused_by_name() {
        let runtime = runtime();
        let task = runtime.spawn(async { refusal() });
        let inside = [runtime.block_on(async { refusal() }), runtime.block_on(task).unwrap()];
        for refusal in inside {
            let message = refusal.unwrap();
            assert!(message.contains("the async runtime tokio"), "{message}");
        }
    }

    #[test]
    fn on_a_thread_that_may_block_it_works() {
        let runtime = runtime();
        let pool = runtime.spawn_blocking(refusal);
        assert_eq!(runtime.block_on(pool).unwrap(), None);
        let in_place = runtime.spawn(async { block_in_place(refusal) });
        assert_eq!(runtime.block_on(in_place).unwrap(), None);
        let _context = runtime.enter();
        assert_eq!(refusal(), None);
    }

    #[test]
    fn on_the_pool_a_scope_uses_the_runtime() {
        let runtime = runtime();
        let pool = runtime.spawn_blocking(|| {
            purview::block_on(scope(async |s| {
                s.spawn_parallel(async { tokio::runtime::Handle::current().id() }).await
            }))
        });
        assert_eq!(runtime.block_on(pool).unwrap(), runtime.handle().id());
    }
}

#[cfg(feature = "smol")]
#[test]
fn on_a_thread_of_smols_it_is_refused_by_name() {
    let message = smol::block_on(smol::spawn(async { refusal() })).unwrap();
    assert!(message.contains("the async runtime smol"), "{message}");
    assert_eq!(smol::block_on(smol::unblock(refusal)), None);
}

#[cfg(feature = "async-std")]
#[test]
fn in_a_task_of_async_std_it_is_refused_by_name() {
    let message = async_std::task::block_on(async { refusal() }).unwrap();
    assert!(message.contains("the async runtime async-std"), "{message}");
    let pool = async_std::task::spawn_blocking(refusal);
    assert_eq!(async_std::task::block_on(pool), None);
}
