//! A scope resolves when its body and every child have ended, whether they are awaited or not.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use purview::{fail_fast, scope, settled, try_scope};
use purview_tests::{Gate, Log, by_hand, on_every_runtime, polled_on_every_runtime, yield_now, yields};

async fn children_spawned_at_different_times_each_give_their_own_value() {
    let sum = scope(async |s| {
        let first = s.spawn(async {
            yields(3).await;
            40
        });
        yield_now().await;
        let second = s.spawn(async { 2 });
        (first.await, second.await)
    });
    assert_eq!(sum.await, (40, 2));
}

async fn children_that_outlive_the_body_are_waited_for() {
    let ended = AtomicUsize::new(0);
    let child = async || {
        yields(5).await;
        ended.fetch_add(1, SeqCst);
    };
    scope(async |s| {
        s.spawn(child());
        s.spawn(child());
    })
    .await;
    assert_eq!(ended.load(SeqCst), 2);
    let child = async || {
        child().await;
        Ok::<_, Infallible>(())
    };
    let done = try_scope(async |s| {
        s.spawn(child());
        Ok(())
    });
    assert!(done.await.is_ok());
    assert_eq!(ended.load(SeqCst), 3);
    let done = fail_fast().run(async |s| {
        s.spawn(child());
        Ok(())
    });
    assert!(done.await.is_ok());
    assert_eq!(ended.load(SeqCst), 4);
    let done = settled().run(async |s| {
        s.spawn(child());
        Ok(())
    });
    assert!(done.await.is_ok());
    assert_eq!(ended.load(SeqCst), 5);
}

async fn dropping_a_task_neither_cancels_nor_detaches_the_child() {
    let log = Log::new();
    scope(async |s| {
        let task = s.spawn(async {
            yields(3).await;
            log.note("child ended");
        });
        drop(task);
        log.note("task dropped");
    })
    .await;
    log.note("scope ended");
    assert_eq!(log.entries(), ["task dropped", "child ended", "scope ended"]);
}

async fn a_thousand_children_of_different_lengths_all_end_before_the_scope() {
    let ended = AtomicUsize::new(0);
    let ended = &ended;
    scope(async |s| {
        for i in 0..1_000 {
            s.spawn(async move {
                yields(i % 7).await;
                ended.fetch_add(1, SeqCst);
            });
        }
    })
    .await;
    assert_eq!(ended.load(SeqCst), 1_000);
}

fn the_scope_stays_pending_until_the_last_child_ended() {
    let (first, last) = (Gate::new(), Gate::new());
    let mut run = by_hand(scope(async |s| {
        s.spawn(first.wait());
        s.spawn(last.wait());
        "the body's value"
    }));
    assert!(run.poll_until_idle().is_pending());
    first.open();
    assert!(run.poll_until_idle().is_pending());
    last.open();
    assert_eq!(run.finish(), "the body's value");
}

fn children_run_before_their_tasks_are_awaited() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(scope(async |s| {
        let task = s.spawn(async { log.note("child ran") });
        gate.wait().await;
        task.await;
    }));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["child ran"]);
    gate.open();
    run.finish();
}

on_every_runtime!(
    children_spawned_at_different_times_each_give_their_own_value,
    children_that_outlive_the_body_are_waited_for,
    dropping_a_task_neither_cancels_nor_detaches_the_child,
    a_thousand_children_of_different_lengths_all_end_before_the_scope,
);
polled_on_every_runtime!(
    the_scope_stays_pending_until_the_last_child_ended,
    children_run_before_their_tasks_are_awaited,
);
