//! A panic of the body is the panic of child number zero.

use std::future::pending;

use purview::{scope, try_scope};
use purview_tests::{Gate, Log, by_hand, caught, on_every_runtime, polled_on_every_runtime, yield_now};

async fn every_pending_child_is_dropped_before_the_caller_sees_it() {
    let log = Log::new();
    let panicked = caught(scope(async |s| {
        for name in ["oldest", "middle", "newest"] {
            let guard = log.on_drop(name);
            s.spawn(async move {
                let _guard = guard;
                pending::<()>().await;
            });
        }
        yield_now().await;
        panic!("out of the body");
    }));
    assert_eq!(panicked.await, Err::<(), _>("out of the body".into()));
    log.note("seen");
    assert_eq!(
        log.entries(),
        ["newest dropped", "middle dropped", "oldest dropped", "seen"]
    );
}

async fn a_body_that_panics_in_its_first_poll_drops_what_it_had_spawned() {
    let log = Log::new();
    let panicked = caught(try_scope(async |s| {
        s.spawn(log.traced("child", pending::<Result<(), ()>>()));
        if true {
            panic!("at once");
        }
        Ok(())
    }));
    assert_eq!(panicked.await, Err("at once".into()));
    assert_eq!(log.entries(), ["child dropped"], "it was never polled");
}

fn a_closure_that_panics_before_there_is_a_body_panics_where_it_is_called() {
    let called = std::panic::catch_unwind(|| drop(scope(|_| -> std::future::Ready<()> { panic!("no body") })));
    assert_eq!(purview_tests::message_of(&*called.expect_err("it panics")), "no body");
}

fn a_scope_can_be_opened_again_after_one_panicked() {
    let gate = Gate::new();
    let mut run = by_hand(caught(scope(async |s| {
        s.spawn(gate.wait());
        panic!("first");
    })));
    assert_eq!(run.finish(), Err::<(), _>("first".into()));
    assert_eq!(by_hand(scope(async |s| s.spawn(async { 7 }).await)).finish(), 7);
}

on_every_runtime!(
    every_pending_child_is_dropped_before_the_caller_sees_it,
    a_body_that_panics_in_its_first_poll_drops_what_it_had_spawned,
);
polled_on_every_runtime!(
    a_closure_that_panics_before_there_is_a_body_panics_where_it_is_called,
    a_scope_can_be_opened_again_after_one_panicked,
);
