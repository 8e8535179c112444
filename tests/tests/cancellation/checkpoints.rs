//! `checkpoint()` lets siblings run, and is where a plain child of a cancelled scope stops.

use std::future::pending;

use purview::{checkpoint, fail_fast, scope, shield};
use purview_tests::{Log, by_hand, on_every_runtime, polled_on_every_runtime};

async fn siblings_run_once_before_the_child_goes_on() {
    let log = Log::new();
    scope(async |s| {
        for name in ["a", "b"] {
            let log = &log;
            s.spawn(async move {
                log.note(format!("{name} 1"));
                checkpoint().await;
                log.note(format!("{name} 2"));
            });
        }
    })
    .await;
    assert_eq!(log.entries(), ["a 1", "b 1", "a 2", "b 2"]);
}

fn in_a_cancelled_scope_it_is_where_a_plain_child_stops() {
    let log = Log::new();
    let mut run = by_hand(fail_fast::<()>().run(async |s| {
        let (handle, log) = (s.clone(), &log);
        s.spawn(async move {
            handle.cancel();
            log.note("after the cancel");
            checkpoint().await;
            log.note("after the checkpoint");
            Ok(())
        });
        pending::<Result<(), _>>().await
    }));
    assert!(run.finish().expect_err("it was cancelled").is_cancelled());
    assert_eq!(log.entries(), ["after the cancel"]);
}

fn in_a_cancelled_scope_it_is_where_the_body_stops() {
    let log = Log::new();
    let mut run = by_hand(fail_fast::<()>().run(async |s| {
        s.cancel();
        checkpoint().await;
        log.note("after the checkpoint");
        Ok(())
    }));
    assert!(run.finish().expect_err("it was cancelled").is_cancelled());
    assert!(log.entries().is_empty());
}

fn behind_a_shield_it_stops_nothing() {
    let log = Log::new();
    let mut run = by_hand(fail_fast::<()>().run(async |s| {
        s.cancel();
        shield(async {
            checkpoint().await;
            log.note("went on");
        })
        .await;
        checkpoint().await;
        log.note("went on without it");
        Ok(())
    }));
    assert!(run.finish().expect_err("it was cancelled").is_cancelled());
    assert_eq!(log.entries(), ["went on"]);
}

on_every_runtime!(siblings_run_once_before_the_child_goes_on);
polled_on_every_runtime!(
    in_a_cancelled_scope_it_is_where_a_plain_child_stops,
    in_a_cancelled_scope_it_is_where_the_body_stops,
    behind_a_shield_it_stops_nothing,
);
