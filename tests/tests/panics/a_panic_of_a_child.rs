//! A panic is caught at the child; siblings are cancelled at once, and the first payload goes on in the caller.

use std::future::pending;

use purview::{Task, cancelled, fail_fast, scope, shield, try_scope};
use purview_tests::{Gate, Log, PollCount, by_hand, caught, on_every_runtime, polled_on_every_runtime, yield_now};

async fn boom<T>() -> T {
    yield_now().await;
    panic!("boom")
}

async fn siblings_are_dropped_before_the_caller_sees_it_in_every_kind_of_scope() {
    let log = Log::new();
    let panicked = caught(scope(async |s| {
        s.spawn(log.traced("sibling", pending::<()>()));
        s.spawn(boom::<()>());
        pending::<()>().await;
    }));
    assert_eq!(panicked.await, Err("boom".into()));
    log.note("seen");
    let panicked = caught(try_scope(async |s| {
        s.spawn(log.traced("sibling", pending::<Result<(), ()>>()));
        s.spawn(boom::<Result<(), ()>>());
        pending::<Result<(), ()>>().await
    }));
    assert_eq!(panicked.await, Err("boom".into()));
    log.note("seen");
    let panicked = caught(fail_fast::<()>().run(async |s| {
        s.spawn(log.traced("sibling", pending::<Result<(), ()>>()));
        s.spawn(boom::<Result<(), ()>>());
        pending::<Result<(), ()>>().await
    }));
    assert_eq!(panicked.await.err(), Some("boom".into()));
    log.note("seen");
    let once = ["sibling polled", "sibling dropped", "seen"];
    assert_eq!(log.entries(), [once, once, once].concat());
}

async fn a_panic_in_the_very_first_poll_is_caught_as_well() {
    let panicked = caught(scope(async |s| {
        s.spawn(async {
            if true {
                panic!("at once");
            }
        });
        pending::<()>().await;
    }));
    assert_eq!(panicked.await, Err("at once".into()));
}

async fn the_body_does_not_go_on_after_awaiting_a_child_that_panics() {
    let log = Log::new();
    let panicked = caught(scope(async |s| {
        let task: Task<()> = s.spawn(boom());
        task.await;
        log.note("the body went on");
    }));
    assert_eq!(panicked.await, Err("boom".into()));
    assert!(log.entries().is_empty());
}

async fn siblings_that_hold_are_told_that_the_reason_is_a_panic() {
    let log = Log::new();
    let panicked = caught(scope(async |s| {
        s.spawn(async {
            let why = cancelled().await;
            log.note(format!("{why:?}"));
        });
        s.spawn(boom::<()>());
    }));
    assert_eq!(panicked.await, Err("boom".into()));
    assert_eq!(log.entries(), ["Panicked"]);
}

fn of_two_panics_the_first_is_resumed() {
    let (first, second) = (Gate::new(), Gate::new());
    let mut run = by_hand(caught(scope(async |s| {
        s.spawn(shield(async {
            second.wait().await;
            if true {
                panic!("second");
            }
        }));
        s.spawn(async {
            first.wait().await;
            if true {
                panic!("first");
            }
        });
    })));
    assert!(run.poll_until_idle().is_pending());
    first.open();
    assert!(run.poll_until_idle().is_pending(), "the shielded child is waited for");
    second.open();
    assert_eq!(run.finish(), Err("first".into()));
}

fn a_panic_after_an_error_is_resumed_all_the_same() {
    let (error, panic) = (Gate::new(), Gate::new());
    let mut run = by_hand(caught(fail_fast::<&str>().run(async |s| {
        s.spawn(shield(async {
            panic.wait().await;
            if true {
                panic!("second");
            }
            Ok(())
        }));
        s.spawn(async {
            error.wait().await;
            Err::<(), _>("first")
        });
        Ok(())
    })));
    assert!(run.poll_until_idle().is_pending());
    error.open();
    assert!(run.poll_until_idle().is_pending());
    panic.open();
    assert_eq!(run.finish().err(), Some("second".into()));
}

fn a_child_that_panicked_is_not_polled_again() {
    let (gate, polls) = (Gate::new(), PollCount::new());
    let mut run = by_hand(caught(scope(async |s| {
        s.spawn(shield(gate.wait()));
        s.spawn(polls.of(async {
            yield_now().await;
            if true {
                panic!("boom");
            }
        }));
    })));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 2);
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish(), Err("boom".into()));
    assert_eq!(polls.get(), 2);
}

async fn a_panic_in_a_nested_scope_goes_through_every_level() {
    let log = Log::new();
    let panicked = caught(scope(async |outer| {
        outer.spawn(log.traced("outer sibling", pending::<()>()));
        outer.spawn(async {
            scope(async |inner| {
                inner.spawn(log.traced("inner sibling", pending::<()>()));
                inner.spawn(boom::<()>());
            })
            .await;
        });
    }));
    assert_eq!(panicked.await, Err("boom".into()));
    let dropped: Vec<_> = log.entries().into_iter().filter(|e| e.ends_with("dropped")).collect();
    assert_eq!(dropped, ["inner sibling dropped", "outer sibling dropped"]);
}

on_every_runtime!(
    siblings_are_dropped_before_the_caller_sees_it_in_every_kind_of_scope,
    a_panic_in_the_very_first_poll_is_caught_as_well,
    the_body_does_not_go_on_after_awaiting_a_child_that_panics,
    siblings_that_hold_are_told_that_the_reason_is_a_panic,
    a_panic_in_a_nested_scope_goes_through_every_level,
);
polled_on_every_runtime!(
    of_two_panics_the_first_is_resumed,
    a_panic_after_an_error_is_resumed_all_the_same,
    a_child_that_panicked_is_not_polled_again,
);
