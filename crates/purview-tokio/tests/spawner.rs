//! Work given to tokio runs there, or is refused.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    thread,
};

use purview_core::Spawner;
use purview_tokio::Tokio;
use tokio::runtime::{Builder, Runtime};

fn multi_thread() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("a tokio worker")
        .build()
        .unwrap()
}

/// Says when it is dropped.
struct Dropped(Arc<AtomicBool>);
impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

fn name_of_this_thread() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

#[test]
fn a_future_runs_on_a_worker_of_the_runtime() {
    let runtime = multi_thread();
    let tokio = Tokio::new(runtime.handle().clone());
    let (tx, rx) = mpsc::channel();
    tokio
        .spawn(Box::pin(async move { tx.send(name_of_this_thread()).unwrap() }))
        .unwrap();
    assert_eq!(rx.recv().unwrap(), "a tokio worker");
}

#[test]
fn a_closure_may_block_and_is_in_the_context_of_the_runtime() {
    let runtime = multi_thread();
    let tokio = Tokio::new(runtime.handle().clone());
    let (tx, rx) = mpsc::channel();
    let (release, wait) = mpsc::channel();
    let run = move || {
        wait.recv().unwrap();
        tx.send(Tokio::current().handle().id()).unwrap();
    };
    tokio.spawn_blocking(Box::new(run)).unwrap();
    release.send(()).unwrap();
    assert_eq!(rx.recv().unwrap(), runtime.handle().id());
}

#[test]
fn a_future_that_ends_or_panics_at_once_was_not_refused() {
    let runtime = multi_thread();
    let tokio = Tokio::new(runtime.handle().clone());
    for _ in 0..1000 {
        tokio.spawn(Box::pin(async {})).unwrap();
    }
    let (tx, rx) = mpsc::channel::<()>();
    tokio
        .spawn(Box::pin(async move {
            let _tx = tx;
            panic!("on purpose")
        }))
        .unwrap();
    assert!(rx.recv().is_err());
}

#[test]
fn a_runtime_that_was_shut_down_refuses_work_and_drops_it() {
    let runtime = multi_thread();
    let tokio = Tokio::new(runtime.handle().clone());
    drop(runtime);

    let dropped = Arc::new(AtomicBool::new(false));
    let guard = Dropped(Arc::clone(&dropped));
    let refusal = tokio.spawn(Box::pin(async move { drop(guard) })).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the runtime cannot take work: the tokio runtime has been shut down"
    );
    assert!(dropped.load(SeqCst));

    let guard = Dropped(Arc::new(AtomicBool::new(false)));
    let dropped = Arc::clone(&guard.0);
    let refusal = tokio
        .spawn_blocking(Box::new(move || panic!("{}", guard.0.load(SeqCst))))
        .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the runtime cannot take work: the tokio runtime has been shut down"
    );
    assert!(dropped.load(SeqCst));
}

#[test]
fn a_current_thread_runtime_that_was_shut_down_refuses_work() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let tokio = Tokio::new(runtime.handle().clone());
    drop(runtime);
    assert!(tokio.spawn(Box::pin(async {})).is_err());
    assert!(tokio.spawn_blocking(Box::new(|| ())).is_err());
}

#[test]
fn a_closure_refused_for_want_of_a_thread_never_runs() {
    // No operating system grants a stack of this size.
    let runtime = Builder::new_current_thread()
        .thread_stack_size(1 << 60)
        .build()
        .unwrap();
    let tokio = Tokio::new(runtime.handle().clone());
    let dropped = Arc::new(AtomicBool::new(false));
    let guard = Dropped(Arc::clone(&dropped));
    let refusal = tokio
        .spawn_blocking(Box::new(move || panic!("ran: {}", guard.0.load(SeqCst))))
        .unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the runtime cannot take work: tokio could not start a thread for blocking work"
    );
    assert!(dropped.load(SeqCst));
}

#[test]
fn closures_beyond_a_full_pool_are_queued_and_run() {
    let runtime = Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    let tokio = Tokio::new(runtime.handle().clone());
    let (tx, rx) = mpsc::channel();
    let (release, wait) = mpsc::channel();
    tokio.spawn_blocking(Box::new(move || wait.recv().unwrap())).unwrap();
    tokio.spawn_blocking(Box::new(move || tx.send(()).unwrap())).unwrap();
    release.send(()).unwrap();
    rx.recv().unwrap();
}
