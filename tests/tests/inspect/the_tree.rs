//! What the tree shows on every runtime: where each task was started, what it is, and what it does.

use std::{
    future::pending,
    sync::{Arc, Barrier},
    time::Duration,
};

use purview::{
    CancelReason, CancelToken, cancelled, checkpoint, fail_fast, gather,
    inspect::{self, Held, Kind, NodeId, Queued, State, WaitsFor},
    scope, settled, shield, sleep,
};
use purview_tests::{AnyRuntime, Gate, on_every_runtime, served_by_every_runtime};

use crate::{enabled, never, node};

const LONG: Duration = Duration::from_secs(3600);

async fn children_are_shown_with_kind_name_and_location() {
    enabled();
    fail_fast::<()>()
        .name("import")
        .run(async |s| {
            s.task().name("rows").spawn(pending::<Result<(), ()>>());
            s.task().name("beat").daemon().spawn(pending::<Result<(), ()>>());
            s.defer(async {});
            checkpoint().await;
            let tree = s.snapshot();
            let shown: Vec<_> = tree
                .nodes()
                .iter()
                .map(|node| (node.kind, node.name(), node.depth))
                .collect();
            assert_eq!(
                shown,
                [
                    (Kind::Scope, "import", 0),
                    (Kind::Body, "import", 1),
                    (Kind::Child, "rows", 1),
                    (Kind::Daemon, "beat", 1),
                    (Kind::Finalizer, "import/finalizer", 1),
                ]
            );
            assert!(
                tree.nodes()
                    .iter()
                    .all(|node| node.location.is_some_and(|at| at.file() == file!()))
            );
            let rows = node(&tree, "rows");
            assert!(matches!(rows.state, State::Idle(_)), "{rows}");
            assert_eq!((rows.polls, rows.parent, rows.stopping.is_some()), (1, Some(0), false));
            assert!(matches!(tree.nodes()[1].state, State::Polled(_)), "{tree}");
            s.cancel();
            Ok(())
        })
        .await
        .ok();
}

async fn scopes_and_gathers_stand_below_the_task_that_runs_them() {
    enabled();
    let gate = Gate::new();
    settled::<()>()
        .name("outer")
        .run(async |s| {
            let held = gate.clone();
            s.task().name("worker").spawn(async move {
                let inner = fail_fast::<()>().name("inner").run(async |s| {
                    s.task().name("leaf").spawn(never());
                    let one = async { Ok::<_, ()>(()) };
                    let (done, not_done) = (futures::future::Either::Left(one), async {
                        held.wait().await;
                        Ok(())
                    });
                    let both = gather([done, futures::future::Either::Right(not_done)]).name("pages");
                    both.await.map_err(|_| ())?;
                    s.cancel();
                    Ok(())
                });
                // A timeout between is no scope of its own.
                purview::timeout(LONG, inner).await.ok();
                Ok(())
            });
            checkpoint().await;
            checkpoint().await;
            let tree = s.snapshot();
            let above = |name: &str| {
                let parent = node(&tree, name).parent.expect("it is in something");
                &tree.nodes()[parent]
            };
            assert_eq!(above("leaf").name(), "inner");
            assert_eq!(above("inner").name(), "worker", "{tree}");
            assert_eq!(above("worker").name(), "outer");
            let pages = node(&tree, "pages");
            let progress = pages.progress.expect("it is a gather");
            assert_eq!((progress.done, progress.total), (1, Some(2)), "{tree}");
            assert_eq!(pages.kind, Kind::Gather);
            assert!(node(&tree, "inner").left.is_some_and(|left| left <= LONG));
            assert!(node(&tree, "worker").waits.is_empty());
            gate.open();
            Ok(())
        })
        .await
        .unwrap();
}

async fn what_a_task_waits_for_is_said() {
    enabled();
    settled::<()>()
        .limit(7)
        .run(async |s| {
            let (scope, token) = (s.clone(), CancelToken::new());
            let first = s.task().name("first").spawn(never());
            s.task().name("a task").spawn(async move {
                first.await.ok();
                Ok(())
            });
            s.task().name("a sleep").spawn(async {
                sleep(LONG).await;
                Ok(())
            });
            s.task().name("a token").spawn(async move {
                token.cancelled().await;
                Ok(())
            });
            s.task().name("an outside wake").spawn(never());
            let mut items = s.produce(0, async |tx| {
                tx.send(1).await.ok();
                tx.send(2).await.ok();
                Ok(())
            });
            s.task().name("an item").spawn(async move {
                use futures::StreamExt;
                items.next().await;
                never().await
            });
            s.task().name("a permit").daemon().spawn(async { Ok(()) });
            s.task().name("a place").spawn(async { Ok(()) });
            let body = async {
                let _permit = scope.permit().await;
            };
            let looks = async {
                checkpoint().await;
                checkpoint().await;
                let tree = scope.snapshot();
                let waits = |name: &str| {
                    node(&tree, name)
                        .waits
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                };
                assert_eq!(waits("a task"), ["task `first`"]);
                assert_eq!(waits("a sleep"), ["a sleep"]);
                assert_eq!(waits("a token"), ["a cancellation"]);
                assert!(waits("an outside wake").is_empty());
                assert!(
                    node(&tree, "an outside wake")
                        .to_string()
                        .contains("waits for an outside wake")
                );
                assert_eq!(node(&tree, "a place").state, State::Queued(Queued::Limit));
                let body = &tree.nodes()[1];
                assert!(matches!(body.waits[..], [WaitsFor::Permit]), "{tree}");
                scope.cancel();
            };
            futures::future::join(body, looks).await;
            Ok(())
        })
        .await
        .ok();
}

async fn what_holds_and_what_was_told_to_stop_is_shown() {
    enabled();
    let gate = Gate::new();
    let (service, driver) = settled::<()>().name("holding").open();
    let held = gate.wait();
    service.task().name("shielded").spawn(async {
        shield(held).await;
        Ok(())
    });
    service.task().name("plain").spawn(never());
    let looks = async {
        checkpoint().await;
        let tree = service.snapshot();
        assert_eq!(node(&tree, "shielded").holding[0].why, Held::Shield);
        assert!(node(&tree, "shielded").stopping.is_none());
        service.cancel_with("enough");
        // The driver drops what does not hold.
        purview_tests::yield_now().await;
        purview_tests::yield_now().await;
        let tree = service.snapshot();
        let stopping = node(&tree, "shielded").stopping.clone().expect("it is told");
        assert_eq!(stopping.reason, CancelReason::Requested(Some("enough".into())));
        assert!(stopping.since.is_some());
        assert!(tree.find("plain").is_none(), "{tree}");
        assert!(tree.to_string().contains("told to stop"), "{tree}");
        gate.open();
    };
    futures::future::join(driver, looks).await.0.ok();
    assert!(service.snapshot().nodes().len() <= 1);
}

async fn work_on_other_threads_is_shown(runtime: AnyRuntime) {
    enabled();
    let (here, there) = {
        let both = Arc::new(Barrier::new(2));
        (both.clone(), both)
    };
    let ran = settled::<()>().runtime(runtime).run(async |s| {
        s.task().name("closure").spawn_blocking(move |_| {
            there.wait();
            there.wait();
            Ok(())
        });
        s.task().name("elsewhere").parallel().spawn(never());
        checkpoint().await;
        checkpoint().await;
        here.wait();
        let tree = s.snapshot();
        let closure = node(&tree, "closure");
        assert_eq!(closure.kind, Kind::Blocking);
        assert!(matches!(closure.state, State::Running(_)), "{tree}");
        assert_eq!(node(&tree, "elsewhere").kind, Kind::Parallel);
        here.wait();
        s.cancel();
        Ok(())
    });
    ran.await.ok();
}

async fn ended_tasks_are_not_shown_and_leave_nothing() {
    enabled();
    scope(async |s| {
        for _ in 0..3 {
            let tasks: Vec<_> = (0..100).map(|_| s.spawn(async {})).collect();
            for task in tasks {
                task.await;
            }
            let tree = s.snapshot();
            assert_eq!(tree.nodes().len(), 2, "{tree}");
        }
        let id = s.spawn(async {}).id();
        let tree = inspect::snapshot();
        assert!(tree.nodes().iter().any(|node| node.id == NodeId::Task(id)));
    })
    .await;
}

async fn children_that_are_refused_are_not_shown() {
    enabled();
    let (service, driver) = settled::<()>().name("closed").open();
    service.task().name("in").spawn(never());
    service.close();
    service.task().name("late").spawn(async { Ok(()) });
    service.spawn_parallel(async { Ok(()) });
    assert!(service.try_spawn(async { Ok(()) }).is_err());
    let tree = service.snapshot();
    let names: Vec<_> = tree.nodes().iter().map(inspect::Node::name).collect();
    assert_eq!(names, ["closed", "in"]);
    assert_eq!(tree.nodes()[0].state, State::NotPolled);
    drop(driver);
}

async fn a_scope_that_has_ended_is_shown_as_ended() {
    let scope = settled::<()>().name("over").run(async |s| Ok(s)).await.unwrap().value;
    assert_eq!(scope.snapshot().nodes()[0].state, State::Ended);
    let (scope, driver) = settled::<()>().name("given up").open();
    drop(driver);
    assert_eq!(scope.snapshot().nodes()[0].state, State::Ended);
}

on_every_runtime!(
    children_are_shown_with_kind_name_and_location,
    scopes_and_gathers_stand_below_the_task_that_runs_them,
    what_a_task_waits_for_is_said,
    what_holds_and_what_was_told_to_stop_is_shown,
    ended_tasks_are_not_shown_and_leave_nothing,
    children_that_are_refused_are_not_shown,
    a_scope_that_has_ended_is_shown_as_ended,
);

served_by_every_runtime!(work_on_other_threads_is_shown);

async fn a_wait_for_a_cancellation_is_one_that_holds_once_it_is_told() {
    enabled();
    let gate = Gate::new();
    let cleanup = gate.wait();
    let (service, driver) = settled::<()>().open();
    service.task().name("cleaner").spawn(async {
        cancelled().await;
        cleanup.await;
        Ok(())
    });
    let looks = async {
        checkpoint().await;
        assert!(node(&service.snapshot(), "cleaner").holding.is_empty());
        service.cancel();
        assert_eq!(node(&service.snapshot(), "cleaner").holding[0].why, Held::Shield);
        gate.open();
    };
    futures::future::join(driver, looks).await.0.ok();
}

on_every_runtime!(a_wait_for_a_cancellation_is_one_that_holds_once_it_is_told);
