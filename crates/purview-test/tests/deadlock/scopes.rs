//! Deadlocks between the scopes of one task.

use std::{cell::RefCell, future::pending, time::Duration};

use purview_core::{Task, cancelled, fail_fast, gather, scope, settled, shield, sleep};
use purview_test::{VirtualRuntime, yield_now};

use crate::tree::{assert_tree, scopes_in, tree};

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
            "  the body: polled 1 time",
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
fn ended_tasks_are_not_shown() {
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
fn waits_for_a_place_a_permit_or_readiness_are_shown() {
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
fn what_was_cancelled_and_which_child_holds_it_is_shown() {
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
fn futures_of_a_gather_and_an_open_scope_that_is_not_closed_are_shown() {
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
fn a_shutdown_without_a_driver_is_reported_as_such() {
    let (service, _driver) = fail_fast::<()>().name("hasher").open();
    let seen = tree(async { service.shutdown(Duration::from_secs(5)).await });
    assert_tree(
        &seen,
        &[
            "scope `test`",
            "  the body: polled 1 time, awaits the shutdown of scope `hasher`, whose driver was never polled: spawn it, or \
             await it beside this",
        ],
    );
}

#[test]
fn a_sleeping_child_beside_one_that_is_stuck_is_told_from_it() {
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
fn a_name_with_a_line_break_stays_in_its_line() {
    let seen = tree(fail_fast::<()>().name("a\nb").run_local(async |s| {
        let first = s.task().name("c\r\u{1b}[31m").spawn(pending::<Result<(), ()>>());
        first.await;
        Ok(())
    }));
    assert_tree(
        &seen,
        &[
            "scope `test`",
            "  the body: polled 1 time",
            "    scope `a\\nb`",
            "      the body: polled 1 time, awaits `c\\r\\u{1b}[31m`",
            "      `c\\r\\u{1b}[31m`: polled 1 time, waits for something that no scope knows of",
        ],
    );
}
