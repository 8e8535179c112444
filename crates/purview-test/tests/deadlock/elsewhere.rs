//! Deadlocks of other tasks, on other threads, and under exploration.

use std::{future::pending, sync::mpsc, time::Duration};

use futures::channel::oneshot;
use purview_core::{fail_fast, local_scope, scope};
use purview_test::{VirtualRuntime, explore, jitter, yield_now};

use crate::tree::{assert_tree, scopes_in, tree};

#[test]
fn children_are_named_under_exploration_whether_they_are_wrapped_or_not() {
    let program = async || {
        local_scope(async |s| {
            s.task().name("wrapped").spawn(jitter(pending::<()>()));
            s.task().name("plain").spawn(pending::<()>());
        })
        .await;
    };
    let panic = std::panic::catch_unwind(|| explore(3, program)).unwrap_err();
    let text = panic.downcast_ref::<String>().expect("a deadlock is told in words");
    assert!(
        text.contains("`wrapped` (task ") && text.contains("`plain` (task "),
        "{text}"
    );
}

#[test]
fn parallel_children_are_shown_in_the_scope_that_owns_them() {
    let seen = tree(scope(async |s| {
        s.task().name("elsewhere").parallel().spawn(async {
            scope(async |s| {
                s.task().name("inside").spawn(pending::<()>());
            })
            .await;
        });
    }));
    assert_tree(
        &seen,
        &[
            "scope `test`",
            "  the body: polled 1 time",
            "    scope",
            "      `elsewhere`: polled 1 time",
            "        scope",
            "          `inside`: polled 1 time, waits for something that no scope knows of",
        ],
    );
}

#[test]
fn a_closure_that_runs_is_not_shown_as_one_that_has_yet_to_start() {
    let runtime = VirtualRuntime::new().max_steps(100);
    let (ends, is_ended) = mpsc::channel::<()>();
    let (starts, has_started) = oneshot::channel::<()>();
    let scope = fail_fast::<()>().name("test").runtime(runtime.clone());
    let run = scope.run::<_, _, ()>(async |s| {
        s.task().name("reads").spawn_blocking(move |_| {
            drop(starts);
            let _ = is_ended.recv();
            Ok(())
        });
        // The report is wanted while the closure blocks, without the patience that is had with closures.
        assert!(has_started.await.is_err());
        loop {
            yield_now().await;
        }
    });
    let stalled = runtime.try_block_on(run).expect_err("the body spins");
    drop(ends);
    assert_tree(
        &scopes_in(&stalled.to_string())[2..],
        &["  `reads`: runs or blocks, in a closure"],
    );
}

#[test]
fn the_tasks_of_the_runtime_are_told_from_those_of_scopes() {
    let runtime = VirtualRuntime::new().patience(Duration::ZERO);
    let spawner = runtime.clone();
    let run = async {
        let inside = spawner.clone();
        let outer = async move {
            inside.spawn(pending());
            pending::<()>().await;
        };
        spawner.spawn(outer);
        scope(async |_| pending::<()>().await).await;
    };
    let stalled = runtime.try_block_on(run).expect_err("all tasks wait");
    // One of its tasks holds a handle of it.
    runtime.shutdown();
    let text = stalled.to_string();
    assert!(
        text.contains("\n  runtime task 1, spawned by root: polled 1 time"),
        "{text}"
    );
    assert!(
        text.contains("\n  runtime task 2, spawned by runtime task 1: polled 1 time"),
        "{text}"
    );
    assert!(text.contains("\n    the body (task "), "{text}");
}
