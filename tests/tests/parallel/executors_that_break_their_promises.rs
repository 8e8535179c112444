//! An executor that says it refuses and keeps the child all the same has no part in it any more.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    task::{Context, Waker},
};

use purview::{BoxFuture, SpawnError, Spawner, fail_fast, settled};
use purview_tests::{Gate, PollCount, TestClock, by_hand, timer_of};

/// Refuses, and keeps what it refused.
#[derive(Clone)]
struct Hoards(TestClock, Arc<Mutex<Vec<BoxFuture>>>);

impl Hoards {
    fn new() -> Self {
        Self(TestClock::new(), Arc::default())
    }

    fn take(&self) -> BoxFuture {
        self.1.lock().unwrap().pop().expect("it was given something")
    }
}

timer_of!(Hoards, 0);

impl Spawner for Hoards {
    fn spawn(&self, future: BoxFuture) -> Result<(), SpawnError> {
        self.1.lock().unwrap().push(future);
        Err(SpawnError::new("the queue is full"))
    }

    fn spawn_blocking(&self, _: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        Err(SpawnError::new("no threads"))
    }
}

#[test]
fn dropping_it_later_does_not_take_the_child_from_the_scope() {
    let (executor, gate) = (Hoards::new(), Gate::new());
    let wait = gate.wait();
    let mut run = by_hand(fail_fast::<&str>().runtime(executor.clone()).run(async |s| {
        let task = s.spawn_parallel(async move {
            wait.await;
            Ok(7)
        });
        Ok(task.await)
    }));
    assert!(run.poll_until_idle().is_pending());
    drop(executor.take());
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish().unwrap(), 7);
}

#[test]
fn polling_it_later_does_not_poll_the_child() {
    let (executor, gate, polls) = (Hoards::new(), Gate::new(), PollCount::new());
    let counted = polls.of(gate.wait());
    let mut run = by_hand(fail_fast::<&str>().runtime(executor.clone()).run(async |s| {
        let task = s.spawn_parallel(async {
            counted.await;
            Ok(7)
        });
        Ok(task.await)
    }));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 1);
    let mut kept = executor.take();
    assert!(kept.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    assert_eq!(polls.get(), 1);
    gate.open();
    assert_eq!(run.finish().unwrap(), 7);
    assert_eq!(polls.get(), 2);
}

/// Takes a child, polls it once, and forgets it.
#[derive(Clone)]
struct Forgets(TestClock);

timer_of!(Forgets, 0);

impl Spawner for Forgets {
    fn spawn(&self, mut future: BoxFuture) -> Result<(), SpawnError> {
        let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        std::mem::forget(future);
        Ok(())
    }

    fn spawn_blocking(&self, closure: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        std::mem::forget(closure);
        Ok(())
    }
}

#[test]
fn one_that_it_forgets_can_still_be_cancelled() {
    let log = purview_tests::Log::new();
    let guard = log.on_drop("child");
    let mut run = by_hand(settled::<&str>().runtime(Forgets(TestClock::new())).run(async |s| {
        let task = s.spawn_parallel(async move {
            let _guard = guard;
            pending::<Result<(), _>>().await
        });
        let closure = s.spawn_blocking(|_| Ok(1));
        purview_tests::yields(2).await;
        task.cancel();
        closure.cancel();
        Ok((task.await.is_err(), closure.await.is_err()))
    }));
    assert_eq!(run.finish().unwrap().value, (true, true));
    assert_eq!(log.entries(), ["child dropped"]);
}

#[test]
fn one_that_it_runs_at_once_has_ended_when_the_scope_looks() {
    let mut run = by_hand(
        fail_fast::<&str>()
            .runtime(Forgets(TestClock::new()))
            .run(async |s| Ok(s.spawn_parallel(async { Ok(7) }).await)),
    );
    assert_eq!(run.finish().unwrap(), 7);
}
