//! Work given to async-std runs there.

use std::{sync::mpsc, thread};

use async_std::task;
use purview_async_std::AsyncStd;
use purview_core::Spawner;

#[test]
fn a_future_runs_as_a_task_of_async_std_on_another_thread() {
    let (tx, rx) = mpsc::channel();
    let run = async move {
        tx.send((task::try_current().is_some(), thread::current().id()))
            .unwrap();
    };
    AsyncStd.spawn(Box::pin(run)).unwrap();
    let (is_task, thread) = rx.recv().unwrap();
    assert!(is_task);
    assert_ne!(thread, thread::current().id());
}

#[test]
fn a_closure_runs_on_a_thread_that_may_block() {
    let (tx, rx) = mpsc::channel();
    let (release, wait) = mpsc::channel();
    let run = move || {
        wait.recv().unwrap();
        tx.send(thread::current().name().unwrap_or_default().to_owned())
            .unwrap();
    };
    AsyncStd.spawn_blocking(Box::new(run)).unwrap();
    release.send(()).unwrap();
    assert!(rx.recv().unwrap().starts_with("blocking-"));
}

#[test]
fn a_panic_leaves_the_executor_and_the_pool_usable() {
    for _ in 0..32 {
        AsyncStd.spawn(Box::pin(async { panic!("on purpose") })).unwrap();
        AsyncStd.spawn_blocking(Box::new(|| panic!("on purpose"))).unwrap();
    }
    let (tx, rx) = mpsc::channel();
    let also = tx.clone();
    AsyncStd
        .spawn(Box::pin(async move { tx.send("spawned").unwrap() }))
        .unwrap();
    AsyncStd
        .spawn_blocking(Box::new(move || also.send("blocking").unwrap()))
        .unwrap();
    let mut ran: Vec<_> = rx.iter().collect();
    ran.sort_unstable();
    assert_eq!(ran, ["blocking", "spawned"]);
}
