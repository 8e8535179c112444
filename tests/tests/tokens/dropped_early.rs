//! What cancels when it is dropped: a task's handle that was asked to, and the guard of a token.

use std::future::pending;

use purview::{CancelReason, CancelToken, TaskError, cancelled, checkpoint, fail_fast, scope, settled};
use purview_tests::{CallsOnDrop, Log, caught, on_every_runtime};

async fn a_child_is_cancelled_with_its_handle() {
    let log = Log::new();
    fail_fast::<()>()
        .run(async |s| {
            let child = s
                .spawn(log.traced("child", pending::<Result<(), ()>>()))
                .cancel_on_drop();
            checkpoint().await;
            drop(child);
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(log.entries(), ["child polled", "child dropped"]);
}

async fn one_that_holds_cleans_up() {
    let log = Log::new();
    let there = &log;
    fail_fast::<()>()
        .run(async |s| {
            let child = s.spawn(async move {
                assert_eq!(cancelled().await, CancelReason::Requested(None));
                there.note("told");
                Ok(())
            });
            let child = child.cancel_on_drop();
            checkpoint().await;
            drop(child);
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(log.entries(), ["told"]);
}

async fn one_that_is_awaited_gives_its_value() {
    let values = scope(async |s| {
        let (a, b) = (
            s.spawn(async { 1 }).cancel_on_drop(),
            s.spawn_parallel(async { 2 }).cancel_on_drop(),
        );
        let mut a = a;
        let first = (&mut a).await;
        drop(a);
        first + b.await
    });
    assert_eq!(values.await, 3);
}

async fn its_siblings_and_its_scope_are_not_touched() {
    let out = settled::<()>()
        .run(async |s| {
            let dropped = s.spawn(pending::<Result<(), ()>>());
            let sibling = s.spawn(async {
                checkpoint().await;
                Ok(7)
            });
            drop(dropped.cancel_on_drop());
            assert!(!s.is_cancelled());
            Ok(sibling.await.unwrap())
        })
        .await
        .unwrap();
    assert_eq!((out.value, out.failures.len(), out.stopped), (7, 0, None));
}

async fn under_settled_it_yields_results() {
    let out = settled::<&str>().run(async |s| {
        Ok(matches!(
            s.spawn(async { Err::<(), _>("no") }).cancel_on_drop().await,
            Err(TaskError::Failed("no"))
        ))
    });
    assert!(out.await.unwrap().value);
}

async fn a_guard_cancels_on_every_way_out() {
    let (returned, unwound, kept) = (CancelToken::new(), CancelToken::new(), CancelToken::new());
    drop(returned.clone().drop_guard());
    let panicking = caught(async {
        let _guard = unwound.clone().drop_guard();
        panic!("on purpose");
    });
    assert!(panicking.await.is_err());
    let back = kept.clone().drop_guard().disarm();
    assert!(returned.is_cancelled() && unwound.is_cancelled() && !kept.is_cancelled());
    assert!(!back.is_cancelled());
    back.cancel();
    assert_eq!(kept.reason(), Some(CancelReason::Requested(None)));
}

async fn a_guard_of_a_childs_token_leaves_the_parents_alone() {
    let parent = CancelToken::new();
    let child = parent.child();
    drop(child.clone().drop_guard());
    assert!(child.is_cancelled() && !parent.is_cancelled());
}

async fn a_guard_may_be_dropped_where_a_token_is_used() {
    let token = CancelToken::new();
    let guard = token.child().drop_guard();
    let mut guard = Some(guard);
    let nested = CallsOnDrop(|| drop(guard.take()));
    drop(nested);
    assert!(!token.is_cancelled());
}

on_every_runtime!(
    a_child_is_cancelled_with_its_handle,
    one_that_holds_cleans_up,
    one_that_is_awaited_gives_its_value,
    its_siblings_and_its_scope_are_not_touched,
    under_settled_it_yields_results,
    a_guard_cancels_on_every_way_out,
    a_guard_of_a_childs_token_leaves_the_parents_alone,
    a_guard_may_be_dropped_where_a_token_is_used,
);
