//! Whatever a runtime has not run to its end is dropped with its last handle, however far it came.

use std::{
    future::{pending, poll_fn},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::Poll,
    time::Duration,
};

use purview_core::{Timer, settled};
use purview_test::{VirtualRuntime, jitter};

/// Counts its destructor.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Spawns `future` beside a destructor that is counted.
fn spawn(rt: &VirtualRuntime, drops: &Arc<AtomicUsize>, future: impl Future<Output = ()> + Send + 'static) {
    let counted = Counted(Arc::clone(drops));
    rt.spawn(async move {
        future.await;
        drop(counted);
    });
}

/// How many destructors have run before the last handle was dropped, and how many then.
fn dropped_with(rt: VirtualRuntime, drops: &AtomicUsize) -> (usize, usize) {
    let before = drops.load(SeqCst);
    drop(rt);
    (before, drops.load(SeqCst) - before)
}

#[test]
fn a_sleeping_task_is_dropped_with_it() {
    let (rt, drops) = (VirtualRuntime::new(), Arc::default());
    for seconds in 1..=3 {
        let sleep = rt.sleep_until(rt.now() + Duration::from_secs(seconds));
        spawn(&rt, &drops, sleep);
    }
    rt.run_until_stalled();
    assert_eq!(dropped_with(rt, &drops), (0, 3));
}

#[test]
fn a_task_that_waits_until_it_is_idle_is_dropped_with_it() {
    let (rt, drops) = (VirtualRuntime::new(), Arc::default());
    spawn(&rt, &drops, rt.idle());
    assert_eq!(dropped_with(rt, &drops), (0, 1));
}

#[test]
fn a_task_that_keeps_the_waker_of_a_poll_is_dropped_with_it() {
    for seed in 0..20 {
        let (rt, drops) = (VirtualRuntime::exploring(seed), Arc::default());
        let mut kept = Vec::new();
        let keeps = poll_fn(move |cx| {
            kept.push(cx.waker().clone());
            Poll::Pending
        });
        spawn(&rt, &drops, jitter(keeps));
        rt.run_until_stalled();
        assert_eq!(dropped_with(rt, &drops), (0, 1), "seed {seed}");
    }
}

#[test]
fn a_parallel_child_of_a_scope_that_could_not_go_on_does_not_keep_it() {
    let (rt, drops) = (VirtualRuntime::new().patience(Duration::ZERO), Arc::default());
    spawn(&rt, &drops, pending());
    let counted = Counted(Arc::clone(&drops));
    let scope = settled::<()>().runtime(rt.clone()).run(async |s| {
        s.spawn_parallel(async move {
            pending::<()>().await;
            drop(counted);
            Ok(())
        })
        .await
        .ok();
        Ok(())
    });
    assert!(rt.try_block_on(scope).unwrap_err().is_deadlock());
    assert_eq!(dropped_with(rt, &drops), (1, 1));
}

#[test]
fn destructors_that_panic_keep_no_other_task() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }
    let (rt, drops) = (VirtualRuntime::new(), Arc::default());
    for _ in 0..3 {
        let panics = Panics;
        spawn(&rt, &drops, async move {
            pending::<()>().await;
            drop(panics);
        });
    }
    assert_eq!(dropped_with(rt, &drops), (0, 3));
}
