//! A driver may be awaited or spawned inside a scope, which then is around its children.

use std::{future::pending, time::Duration};

use purview::{CancelReason, cancelled, current, deadline, fail_fast, scope};
use purview_tests::{Log, by_hand, on_every_runtime, yields};

async fn as_a_child_it_serves_its_siblings() {
    let sum = scope(async |s| {
        let (open, driver) = fail_fast::<()>().open();
        let service = s.spawn(driver);
        let mut sum = 0;
        for i in 0..10 {
            sum += open.spawn(async move { Ok(i) }).await;
        }
        drop(open);
        assert!(service.await.is_ok());
        sum
    });
    assert_eq!(sum.await, 45);
}

async fn the_scope_around_has_it_dropped() {
    let log = Log::new();
    let guard = log.on_drop("child");
    let (open, driver) = fail_fast::<()>().open();
    drop(open.spawn(async move {
        let _guard = guard;
        pending::<Result<(), _>>().await
    }));
    let out = fail_fast().run(async |s| {
        drop(s.spawn(async { driver.await.map_err(|_| "cut") }));
        yields(3).await;
        Err::<(), _>("no")
    });
    assert_eq!(out.await.expect_err("the body failed").into_failure(), Some("no"));
    assert_eq!(log.entries(), ["child dropped"]);
    assert!(open.is_cancelled());
}

async fn its_children_see_what_is_around_the_driver() {
    let out = fail_fast::<()>()
        .timeout(Duration::from_secs(3_600))
        .name("outer")
        .run(async |_| {
            let (open, driver) = fail_fast::<()>().name("inner").open();
            let task = open.spawn(async { Ok((deadline().is_some(), current().unwrap().name().to_owned())) });
            drop(open);
            let (done, seen) = futures::future::join(driver, task).await;
            assert!(done.is_ok());
            Ok(seen)
        });
    let (has_deadline, name) = out.await.unwrap();
    assert!(has_deadline);
    assert!(name.ends_with("inner/1"), "{name}");
}

#[test]
fn cancelling_the_outer_one_reaches_children_that_hold() {
    let log = Log::new();
    let noted = log.clone();
    let (open, driver) = fail_fast::<()>().open();
    drop(open.spawn(async move {
        noted.note(cancelled().await.to_string());
        Ok(())
    }));
    let (outer, outer_driver) = fail_fast::<()>().open();
    let mut outer_driver = by_hand(outer_driver);
    drop(outer.spawn(async { driver.await.map_err(|_| ()) }));
    assert!(outer_driver.poll_until_idle().is_pending());
    outer.cancel();
    drop(by_hand(async move { outer_driver.finish() }).finish());
    assert_eq!(log.entries(), [CancelReason::Parent.to_string()]);
}

on_every_runtime!(
    as_a_child_it_serves_its_siblings,
    the_scope_around_has_it_dropped,
    its_children_see_what_is_around_the_driver,
);
