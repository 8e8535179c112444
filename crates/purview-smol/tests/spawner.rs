//! Work given to smol runs there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    thread,
};

use purview_core::Spawner;
use purview_smol::Smol;

fn name_of_this_thread() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

#[test]
fn a_future_runs_on_a_thread_of_the_global_executor() {
    let (tx, rx) = mpsc::channel();
    Smol.spawn(Box::pin(async move { tx.send(name_of_this_thread()).unwrap() }))
        .unwrap();
    assert_eq!(rx.recv().unwrap(), "smol-1");
}

#[test]
fn a_closure_runs_on_a_thread_that_may_block() {
    let (tx, rx) = mpsc::channel();
    let (release, wait) = mpsc::channel();
    let run = move || {
        wait.recv().unwrap();
        tx.send(name_of_this_thread()).unwrap();
    };
    Smol.spawn_blocking(Box::new(run)).unwrap();
    release.send(()).unwrap();
    assert!(rx.recv().unwrap().starts_with("blocking-"));
}

#[test]
fn a_panic_leaves_the_executor_and_the_pool_usable() {
    Smol.spawn(Box::pin(async { panic!("on purpose") })).unwrap();
    Smol.spawn_blocking(Box::new(|| panic!("on purpose"))).unwrap();
    let (tx, rx) = mpsc::channel();
    let also = tx.clone();
    Smol.spawn(Box::pin(async move { tx.send("spawned").unwrap() }))
        .unwrap();
    Smol.spawn_blocking(Box::new(move || also.send("blocking").unwrap()))
        .unwrap();
    let mut ran: Vec<_> = rx.iter().collect();
    ran.sort_unstable();
    assert_eq!(ran, ["blocking", "spawned"]);
}

#[test]
fn an_executor_of_the_users_own_runs_futures_where_it_is_run() {
    let executor = Arc::new(smol::Executor::new());
    let runtime = Smol::on(Arc::clone(&executor));
    assert!(Arc::ptr_eq(runtime.executor(), &executor));
    let (tx, rx) = mpsc::channel();
    runtime
        .spawn(Box::pin(async move { tx.send(thread::current().id()).unwrap() }))
        .unwrap();
    assert!(rx.try_recv().is_err());
    assert!(executor.try_tick());
    assert_eq!(rx.recv().unwrap(), thread::current().id());
}

#[test]
fn a_future_in_an_executor_that_is_dropped_is_dropped_with_it() {
    struct Dropped(Arc<AtomicBool>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.store(true, SeqCst);
        }
    }
    let dropped = Arc::new(AtomicBool::new(false));
    let guard = Dropped(Arc::clone(&dropped));
    let runtime = Smol::on(Arc::new(smol::Executor::new()));
    runtime.spawn(Box::pin(async move { drop(guard) })).unwrap();
    assert!(!dropped.load(SeqCst));
    drop(runtime);
    assert!(dropped.load(SeqCst));
}
