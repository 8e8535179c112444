//! A program that cannot go on is reported with the tree of its scopes: who waits, by name, and for what.

use std::{cell::RefCell, future::pending, sync::mpsc, time::Duration};

use futures::channel::oneshot;
use purview_core::{Spawner, Task, cancelled, fail_fast, gather, local_scope, scope, settled, shield, sleep};
use purview_test::{VirtualRuntime, explore, jitter, yield_now};

/// What is said of the scopes of `program`, without the numbers of tasks, which differ from run to run.
fn tree<T>(program: impl Future<Output = T>) -> Vec<String> {
    let stalled = {
        let runtime = VirtualRuntime::new().patience(Duration::ZERO);
        let scope = fail_fast::<()>().name("test").runtime(runtime.clone());
        let run = scope.run_local(|_| async {
            program.await;
            Ok(())
        });
        runtime.try_block_on(run).expect_err("the program cannot go on")
    };
    let text = stalled.to_string();
    assert!(text.starts_with("deadlock"), "{text}");
    scopes_in(&text)
}

fn scopes_in(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| !line.starts_with("scopes, ")).skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    lines.map(|line| without_numbers(&line[2..])).collect()
}

fn without_numbers(line: &str) -> String {
    let mut parts = line.split(" (task ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += part.split_once(')').expect("the number ends").1;
    }
    out
}

#[track_caller]
fn assert_tree(seen: &[String], expected: &[&str]) {
    assert_eq!(seen, expected, "\n{}", seen.join("\n"));
}

#[test]
fn two_children_of_nested_scopes_that_wait_for_each_other_are_shown_where_they_are() {
    let left: RefCell<Option<Task<()>>> = RefCell::default();
    let right: RefCell<Option<Task<()>>> = RefCell::default();
    let awaiting = async |task: &RefCell<Option<Task<()>>>| {
        yield_now().await;
        let task = task.take().expect("it was put there");
        task.await;
    };
    let seen = tree(fail_fast::<()>().name("import").run_local(async |s| {
        s.task().name("reader").spawn(async {
            let pages = fail_fast::<()>().name("pages");
            pages
                .run_local(async |s| {
                    let spawn = |name: &'static str, other| {
                        let child = async move {
                            awaiting(other).await;
                            Ok(())
                        };
                        s.task().name(name).spawn(child)
                    };
                    left.replace(Some(spawn("left", &right)));
                    right.replace(Some(spawn("right", &left)));
                    Ok(())
                })
                .await
                .ok();
            Ok(())
        });
        s.task().name("writer").spawn(pending::<Result<(), ()>>());
        Ok(())
    }));
    assert_tree(
        &seen,
        &[
            "scope `test`",
            "  the body: polled 2 times",
            "    scope `import`",
            "      `reader`: polled 2 times",
            "        scope `pages`",
            "          `left`: polled 2 times, awaits `right`",
            "          `right`: polled 2 times, awaits `left`",
            "      `writer`: polled 1 time, waits for something that no scope knows of",
        ],
    );
}

#[test]
fn who_has_ended_is_not_shown() {
    let seen = tree(scope(async |s| {
        s.task().name("quick").spawn(async {}).await;
        s.task().name("slow").spawn(sleep(Duration::from_secs(1))).await;
        scope(async |s| s.spawn(async {}).await).await;
        s.task().name("stuck").spawn(pending::<()>());
    }));
    assert_tree(
        &seen,
        &[
            "scope `test`",
            "  the body: polled 2 times",
            "    scope",
            "      `stuck`: polled 1 time, waits for something that no scope knows of",
        ],
    );
}

#[test]
fn who_waits_for_a_place_a_permit_or_to_be_ready_is_said_to() {
    let seen = tree(settled::<()>().limit(1).run(async |s| {
        s.task().name("first").spawn(pending::<Result<(), ()>>());
        s.task().name("second").spawn(async { Ok(()) });
        let scopes = settled::<()>().run(async |inner| {
            inner.task().name("asks").spawn(async {
                drop(s.permit().await);
                Ok(())
            });
            let started = inner.start(async |_ready: purview_core::Ready<()>| {
                pending::<()>().await;
                Ok(())
            });
            drop(started.await);
            Ok(())
        });
        drop(scopes.await);
        Ok(())
    }));
    assert_tree(
        &seen,
        &[
            "scope `test`",
            "  the body: polled 1 time",
            "    scope",
            "      the body: polled 1 time",
            "        scope",
            "          the body: polled 1 time, waits until ready is `test/2`",
            "          `asks`: polled 1 time, waits for a permit",
            "          `test/2`: polled 1 time, waits for something that no scope knows of",
            "      `first`: polled 1 time, waits for something that no scope knows of",
            "      `second`: waits for its turn to start",
        ],
    );
}

#[test]
fn what_was_cancelled_and_who_holds_it_is_shown() {
    let seen = tree(fail_fast::<()>().name("import").run(async |s| {
        s.task().name("upload").spawn(async {
            shield(pending::<()>()).await;
            Ok(())
        });
        s.task().name("listens").spawn(async {
            scope(async |_| cancelled().await).await;
            Ok(())
        });
        yield_now().await;
        s.cancel_with("enough");
        pending::<Result<(), ()>>().await
    }));
    assert_tree(
        &seen,
        &[
            "scope `test`",
            "  the body: polled 2 times",
            "    scope `import`, stopped: cancelled on request: enough",
            "      `upload`: polled 1 time, waits for something that no scope knows of; holds, though stopped: cancelled on \
             request: enough",
        ],
    );
}

#[test]
fn futures_of_a_gather_and_an_open_scope_that_nobody_closes_are_shown() {
    let (_kept, driver) = fail_fast::<()>().name("service").open();
    let seen = tree(async {
        let stuck = gather([true, false].map(|ends| async move {
            if !ends {
                pending::<()>().await;
            }
            Ok::<_, ()>(())
        }));
        drop(futures::join!(driver, stuck.name("pages")));
    });
    assert_tree(
        &seen,
        &[
            "scope `test`",
            "  the body: polled 1 time",
            "    scope `service`, open: waits until it is closed, or its last handle dropped",
            "    scope `pages`",
            "      `pages/1`: polled 1 time, waits for something that no scope knows of",
        ],
    );
}

#[test]
fn who_awaits_a_shutdown_that_nobody_drives_is_told_so() {
    let (service, _driver) = fail_fast::<()>().name("hasher").open();
    let seen = tree(async { service.shutdown(Duration::from_secs(5)).await });
    assert_tree(
        &seen,
        &[
            "scope `test`",
            "  the body: polled 1 time, awaits the shutdown of scope `hasher`, whose driver nobody has polled: spawn it, or \
             await it beside this",
        ],
    );
}

#[test]
fn who_sleeps_beside_one_who_is_stuck_is_told_from_it() {
    let runtime = VirtualRuntime::new().max_steps(100);
    let stuck = runtime.try_block_on(scope(async |s| {
        s.task().name("heartbeat").spawn(async {
            loop {
                sleep(Duration::from_secs(7)).await;
            }
        });
        s.task().name("spinner").spawn(async {
            loop {
                purview_core::checkpoint().await;
            }
        });
        pending::<()>().await;
    }));
    let text = stuck.expect_err("it never ends").to_string();
    assert!(text.starts_with("endless"), "{text}");
    let seen = scopes_in(&text);
    assert!(seen[2].contains("sleeps for another 7s"), "{text}");
    assert!(seen[3].contains("is never done, or waits for something"), "{text}");
}

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
            inside.spawn(Box::pin(pending())).expect("it takes futures");
            pending::<()>().await;
        };
        spawner.spawn(Box::pin(outer)).expect("it takes futures");
        scope(async |_| pending::<()>().await).await;
    };
    let stalled = runtime.try_block_on(run).expect_err("everybody waits");
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
