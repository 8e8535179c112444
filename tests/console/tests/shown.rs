//! With the feature `console` children are shown by tokio-console: its subscriber is installed, and a client of its server
//! reads the updates that `tokio-console` would draw.
#![cfg(tokio_unstable)]

mod console;

use std::{future::pending, thread};

use console::{Console, Shown};
use purview::{CancelToken, scope};
use tokio::runtime::Builder;

/// Has a program run until the console shows what is looked for, then has it end. Gives what was shown of it then, and after
/// its end.
fn shown(program: impl FnOnce(CancelToken) + Send + 'static, is_it: impl Fn(&Shown) -> bool) -> (Shown, Shown) {
    let stop = CancelToken::new();
    let given = stop.clone();
    let mut console = Console::connect();
    let program = thread::spawn(move || program(given));
    let before = console.wait_for(|task| is_it(task) && task.polls > 0);
    stop.cancel();
    program.join().unwrap();
    let after = console.wait_for(|task| task.span == before.span && task.dropped);
    (before, after)
}

#[test]
fn a_named_child_is_shown_with_its_name_and_where_it_was_spawned() {
    let program = |stop: CancelToken| {
        purview::block_on(scope(async move |s| {
            s.task().name("loader").spawn(async move {
                stop.cancelled().await;
            });
        }));
    };
    let line = line!() - 5;
    let (task, _) = shown(program, |task| task.name == "loader");
    assert_eq!(task.kind, "child");
    assert_eq!(task.location, Some((file!().to_owned(), line)));
}

#[test]
fn a_child_without_a_name_is_shown_as_its_number_in_its_scope() {
    let program = |stop: CancelToken| {
        purview::block_on(purview::fail_fast::<()>().name("import").run(async |s| {
            s.spawn(async {
                stop.cancelled().await;
                Ok(())
            });
            Ok(())
        }))
        .unwrap();
    };
    let (task, _) = shown(program, |task| task.name == "import/1");
    assert_eq!(task.kind, "child");
}

#[test]
fn a_body_a_daemon_and_a_closure_are_shown_as_what_they_are() {
    let mut console = Console::connect();
    let stop = CancelToken::new();
    let token = stop.clone();
    let program = thread::spawn(move || {
        let runtime = Builder::new_multi_thread().build().unwrap();
        runtime.block_on(scope(async move |s| {
            s.task().name("heartbeat").daemon().spawn(pending::<()>());
            let wait = token.clone();
            s.task().name("closure").spawn_blocking(move |_| {
                wait.wait();
            });
            token.cancelled().await;
        }));
    });
    let daemon = console.wait_for(|task| task.name == "heartbeat");
    let closure = console.wait_for(|task| task.name == "closure");
    let body = console.wait_for(|task| task.name == "body" && !task.dropped);
    stop.cancel();
    program.join().unwrap();
    assert_eq!([daemon.kind, closure.kind, body.kind], ["daemon", "blocking", "body"]);
}

#[test]
fn a_child_that_waits_is_shown_with_its_waker_and_then_as_woken() {
    let program = |stop: CancelToken| {
        purview::block_on(scope(async move |s| {
            s.task().name("waiter").spawn(async move {
                stop.cancelled().await;
            });
        }));
    };
    let (waiting, ended) = shown(program, |task| task.name == "waiter" && task.wakers() > 0);
    assert_eq!((waiting.polls, waiting.wakes), (1, 0));
    // What is looked for is that none is left: the console would warn of one that has lost its waker.
    assert_eq!((ended.polls, ended.wakers()), (2, 0));
    assert!(ended.wakes > 0);
}

#[test]
fn the_task_that_tokio_runs_a_parallel_child_in_has_its_name_and_place() {
    let program = |stop: CancelToken| {
        Builder::new_multi_thread()
            .build()
            .unwrap()
            .block_on(scope(async move |s| {
                s.task().name("encode").parallel().spawn(async move {
                    stop.cancelled().await;
                });
            }));
    };
    let line = line!() - 5;
    let place = format!("encode ({}:{line}:", file!());
    let (task, _) = shown(program, move |task| task.name.starts_with(&place));
    // It is tokio's own, which the child is shown beside.
    assert_eq!(task.kind, "task");
}
