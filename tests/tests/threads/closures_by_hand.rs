//! A closure that has not started never does once nothing waits for it, on a pool that the test runs by hand.

use std::{
    cell::Cell,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::Poll,
    thread,
    time::Duration,
};

use purview::{Spawner, fail_fast, local_scope, scope, shield, sleep, spawn_blocking, timeout};
use purview_tests::{HandExecutor, Log, PanicsOnDrop, TestClock, by_hand, caught, polled_on_every_runtime};

/// A closure that counts its runs, and notes when it is dropped.
fn counted(runs: &Arc<AtomicUsize>, log: &Log) -> impl FnOnce() -> u32 + Send + 'static {
    let (runs, dropped) = (runs.clone(), log.on_drop("closure"));
    move || {
        let _dropped = dropped;
        u32::try_from(runs.fetch_add(1, SeqCst)).unwrap()
    }
}

fn one_that_is_never_polled_never_runs() {
    let (runs, log) = (Arc::default(), Log::new());
    drop(spawn_blocking(counted(&runs, &log)));
    assert_eq!((runs.load(SeqCst), log.entries().len()), (0, 1));
}

fn dropped_in_the_queue_it_never_runs() {
    let (pool, runs, log) = (HandExecutor::new(), Arc::default(), Log::new());
    let mut out = by_hand(fail_fast::<()>().runtime(pool.clone()).run(async |s| {
        let call = s.spawn(async { Ok(spawn_blocking(counted(&runs, &log)).await) });
        Ok(call.await)
    }));
    assert!(out.poll_until_idle().is_pending());
    assert_eq!(pool.closures(), 1);
    drop(out);
    assert_eq!(log.entries(), ["closure dropped"]);
    pool.run_closure();
    assert_eq!(runs.load(SeqCst), 0);
}

fn cancelled_in_the_queue_it_is_skipped_and_not_waited_for() {
    let (pool, runs, log) = (HandExecutor::new(), Arc::default(), Log::new());
    let mut out = by_hand(fail_fast::<&str>().runtime(pool.clone()).run(async |s| {
        s.spawn(async { Ok(spawn_blocking(counted(&runs, &log)).await) });
        purview::checkpoint().await;
        assert_eq!(pool.closures(), 1);
        Err::<(), _>("stop")
    }));
    assert!(out.finish().is_err());
    assert_eq!(log.entries(), ["closure dropped"]);
    pool.run_closure();
    assert_eq!(runs.load(SeqCst), 0);
}

fn cancelled_alone_in_the_queue_too() {
    let (pool, runs, log) = (HandExecutor::new(), Arc::default(), Log::new());
    let mut out = by_hand(fail_fast::<()>().runtime(pool.clone()).run(async |s| {
        let call = s.spawn(async { Ok(spawn_blocking(counted(&runs, &log)).await) });
        purview::checkpoint().await;
        call.cancel();
        Ok(())
    }));
    assert!(out.finish().is_ok());
    pool.run_closure();
    assert_eq!((runs.load(SeqCst), log.entries().len()), (0, 1));
}

fn in_a_shield_it_is_waited_for_though_it_has_not_started() {
    let (pool, runs, log) = (HandExecutor::new(), Arc::default(), Log::new());
    let mut out = by_hand(fail_fast::<&str>().runtime(pool.clone()).run(async |s| {
        s.spawn(shield(async { Ok(spawn_blocking(counted(&runs, &log)).await) }));
        purview::checkpoint().await;
        Err::<(), _>("stop")
    }));
    assert!(out.poll_until_idle().is_pending());
    pool.run_closure();
    assert!(out.finish().is_err());
    assert_eq!(runs.load(SeqCst), 1);
}

fn a_grace_of_zero_does_not_wait() {
    let (pool, runs, log) = (HandExecutor::new(), Arc::default(), Log::new());
    let mut out = by_hand(
        fail_fast::<&str>()
            .runtime(pool.clone())
            .grace(Duration::ZERO)
            .run(async |s| {
                s.spawn(async { Ok(spawn_blocking(counted(&runs, &log)).await) });
                purview::checkpoint().await;
                Err::<(), _>("stop")
            }),
    );
    assert!(out.finish().is_err());
    pool.run_closure();
    assert_eq!(runs.load(SeqCst), 0);
}

/// A closure that the pool runs on a thread of its own until it is told to end.
struct Running {
    thread: thread::JoinHandle<()>,
    finish: mpsc::Sender<()>,
}

impl Running {
    fn closure() -> (
        impl FnOnce() -> u32 + Send + 'static,
        mpsc::Sender<()>,
        mpsc::Receiver<()>,
    ) {
        let (tell, begun) = mpsc::channel();
        let (finish, told) = mpsc::channel();
        let closure = move || {
            tell.send(()).unwrap();
            told.recv().unwrap();
            7
        };
        (closure, finish, begun)
    }

    fn on(pool: &HandExecutor, finish: mpsc::Sender<()>, begun: &mpsc::Receiver<()>) -> Self {
        let pool = pool.clone();
        let thread = thread::spawn(move || pool.run_closure());
        begun.recv().unwrap();
        Self { thread, finish }
    }

    fn end(self) {
        self.finish.send(()).unwrap();
        self.thread.join().unwrap();
    }
}

fn one_that_runs_is_waited_for_by_a_timeout_around_it() {
    let pool = HandExecutor::new();
    let (closure, finish, begun) = Running::closure();
    let late = timeout(Duration::from_secs(1), spawn_blocking(closure));
    let mut out = by_hand(fail_fast::<()>().runtime(pool.clone()).run(async |_| Ok(late.await)));
    assert!(out.poll_until_idle().is_pending());
    let running = Running::on(&pool, finish, &begun);
    pool.clock().advance(Duration::from_secs(2));
    assert!(out.poll_until_idle().is_pending());
    running.end();
    assert!(out.finish().is_ok());
}

fn one_that_runs_is_waited_for_past_the_grace_too() {
    let (pool, log) = (HandExecutor::new(), Log::new());
    let (closure, finish, begun) = Running::closure();
    let scope = fail_fast::<&str>().runtime(pool.clone()).grace(Duration::from_secs(1));
    let mut out = by_hand(scope.run(async |s| {
        s.spawn(log.traced("caller", async { Ok(spawn_blocking(closure).await) }));
        s.spawn(async {
            sleep(Duration::from_secs(1)).await;
            Err::<(), _>("stop")
        });
        pending::<Result<(), _>>().await
    }));
    assert!(out.poll_until_idle().is_pending());
    let running = Running::on(&pool, finish, &begun);
    pool.clock().advance(Duration::from_secs(1));
    assert!(out.poll_until_idle().is_pending(), "it holds");
    assert!(!log.has("caller dropped"));
    pool.clock().advance(Duration::from_secs(1));
    assert!(out.poll_until_idle().is_pending(), "a thread is still in it");
    assert!(log.has("caller dropped"));
    running.end();
    assert!(out.finish().is_err());
}

fn one_whose_pool_shuts_down_panics_in_the_caller_and_says_so() {
    let (pool, runs, log) = (HandExecutor::new(), Arc::default(), Log::new());
    let mut out = by_hand(caught(scope(async |s| {
        // A scope of its own is served by the pool.
        let inner = fail_fast::<()>()
            .runtime(pool.clone())
            .run(async |_| Ok(spawn_blocking(counted(&runs, &log)).await));
        s.spawn(inner).await.unwrap_or_default()
    })));
    assert!(out.poll_until_idle().is_pending());
    pool.shut_down();
    let message = out.finish().unwrap_err();
    assert!(message.contains("the runtime dropped it"), "{message}");
    assert!(message.contains("closures_by_hand.rs"), "{message}");
    assert_eq!((runs.load(SeqCst), log.entries().len()), (0, 1));
}

fn a_runtime_without_a_pool_panics_in_the_caller_and_says_why() {
    let clock = TestClock::new();
    let out = fail_fast::<()>()
        .runtime(clock)
        .run(async |_| Ok(spawn_blocking(|| 1).await));
    let message = by_hand(caught(out)).finish().unwrap_err();
    assert!(message.contains("a test clock has no threads"), "{message}");
}

fn its_runtime_is_that_of_the_scope_around() {
    let pool = HandExecutor::new();
    let mut out = by_hand(
        fail_fast::<()>()
            .runtime(pool.clone())
            .run(async |_| Ok(spawn_blocking(|| 7).await)),
    );
    assert!(out.poll_until_idle().is_pending());
    pool.run_closure();
    assert_eq!(out.finish().unwrap(), 7);
}

fn a_value_whose_destructor_panics_harms_nothing_when_it_is_not_wanted() {
    let pool = HandExecutor::new();
    let mut out = by_hand(fail_fast::<()>().runtime(pool.clone()).run(async |_| {
        drop(spawn_blocking(|| PanicsOnDrop("a value")).await);
        Ok(())
    }));
    assert!(out.poll_until_idle().is_pending());
    drop(out);
    pool.run_closure();
    assert!(pool.spawn(Box::pin(async {})).is_ok());
}

fn it_may_be_awaited_in_a_local_scope() {
    let (pool, seen) = (HandExecutor::new(), Cell::new(0));
    let seen_there = &seen;
    let mut out = by_hand(fail_fast::<()>().runtime(pool.clone()).run_local(async |s| {
        s.spawn(async move {
            seen_there.set(spawn_blocking(|| 7).await);
            Ok(())
        });
        Ok(())
    }));
    assert!(out.poll_until_idle().is_pending());
    pool.run_closure();
    assert_eq!(out.poll_until_idle().map(|out| out.is_ok()), Poll::Ready(true));
    assert_eq!(seen.get(), 7);
    assert_eq!(by_hand(local_scope(async |_| 1)).finish(), 1);
}

polled_on_every_runtime!(
    one_that_is_never_polled_never_runs,
    dropped_in_the_queue_it_never_runs,
    cancelled_in_the_queue_it_is_skipped_and_not_waited_for,
    cancelled_alone_in_the_queue_too,
    in_a_shield_it_is_waited_for_though_it_has_not_started,
    a_grace_of_zero_does_not_wait,
    one_that_runs_is_waited_for_by_a_timeout_around_it,
    one_that_runs_is_waited_for_past_the_grace_too,
    one_whose_pool_shuts_down_panics_in_the_caller_and_says_so,
    a_runtime_without_a_pool_panics_in_the_caller_and_says_why,
    its_runtime_is_that_of_the_scope_around,
    a_value_whose_destructor_panics_harms_nothing_when_it_is_not_wanted,
    it_may_be_awaited_in_a_local_scope,
);
