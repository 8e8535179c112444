//! By the time a scope resolves, every future in it has been dropped.

use std::convert::Infallible;

use purview::{fail_fast, scope, settled};
use purview_tests::{Gate, Log, by_hand, caught, on_every_runtime, polled_on_every_runtime, yields};

async fn what_a_finished_child_owned_is_dropped_before_the_scope_resolves() {
    let log = Log::new();
    scope(async |s| {
        for name in ["first", "second"] {
            let owned = log.on_drop(name);
            s.spawn(async move {
                yields(2).await;
                let _owned = owned;
            });
        }
    })
    .await;
    log.note("resolved");
    assert_eq!(log.entries(), ["first dropped", "second dropped", "resolved"]);
}

async fn what_a_cancelled_child_owned_is_dropped_before_the_scope_resolves() {
    let log = Log::new();
    let failed = fail_fast::<&str>().run(async |s| {
        for name in ["first", "second"] {
            s.spawn(log.traced(name, std::future::pending::<Result<(), &str>>()));
        }
        yields(2).await;
        Err::<(), _>("no")
    });
    assert!(failed.await.is_err());
    log.note("resolved");
    let entries = log.entries();
    let (resolved, before) = entries.split_last().expect("something happened");
    assert_eq!(resolved, "resolved");
    assert!(
        before.contains(&"first dropped".to_owned()) && before.contains(&"second dropped".to_owned()),
        "{before:?}"
    );
}

async fn the_body_is_dropped_before_the_scope_resolves() {
    let log = Log::new();
    let value = scope(|_| log.traced("body", async { 1 })).await;
    log.note("resolved");
    assert_eq!(
        (value, log.entries()),
        (1, vec!["body polled".into(), "body dropped".into(), "resolved".into()])
    );
}

async fn after_a_panic_everything_is_dropped_before_it_is_seen() {
    let log = Log::new();
    let panicked = caught(scope(async |s| {
        s.spawn(log.traced("sibling", std::future::pending::<()>()));
        yields(2).await;
        panic!("out of the body");
    }));
    assert_eq!(panicked.await, Err::<(), _>("out of the body".into()));
    log.note("seen");
    assert_eq!(log.entries().last().map(String::as_str), Some("seen"));
    assert!(log.has("sibling dropped"));
}

fn a_value_that_was_not_awaited_is_dropped_before_the_scope_resolves() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(settled::<Infallible>().run(async |s| {
        let owned = log.on_drop("value");
        drop(s.spawn(async move { Ok(owned) }));
        gate.wait().await;
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert!(run.finish().is_ok());
    log.note("resolved");
    assert_eq!(log.entries(), ["value dropped", "resolved"]);
}

on_every_runtime!(
    what_a_finished_child_owned_is_dropped_before_the_scope_resolves,
    what_a_cancelled_child_owned_is_dropped_before_the_scope_resolves,
    the_body_is_dropped_before_the_scope_resolves,
    after_a_panic_everything_is_dropped_before_it_is_seen,
);
polled_on_every_runtime!(a_value_that_was_not_awaited_is_dropped_before_the_scope_resolves);
