//! `defer`: async clean-up that runs on every way out, last in first out.

use std::{future::pending, time::Duration};

use purview::{CancelToken, TaskError, fail_fast, scope, settled, try_scope};
use purview_tests::{Gate, Log, TestClock, by_hand, caught, on_every_runtime, polled_on_every_runtime, yield_now};

async fn they_run_last_in_first_out_after_every_child_has_ended() {
    let log = Log::new();
    let value = scope(async |s| {
        for name in ["first", "second", "third"] {
            let log = &log;
            s.defer(async move {
                yield_now().await;
                log.note(name);
            });
        }
        s.spawn(async {
            yield_now().await;
            yield_now().await;
            log.note("child");
        });
        7
    });
    assert_eq!(value.await, 7);
    assert_eq!(log.entries(), ["child", "third", "second", "first"]);
}

async fn they_run_on_an_error_of_the_body_and_of_a_child() {
    for of_child in [false, true] {
        let log = Log::new();
        let failed = try_scope(async |s| {
            s.defer(async { log.note("finalized") });
            if of_child {
                s.spawn(async { Err::<(), _>("no") });
                return pending().await;
            }
            Err::<(), _>("no")
        });
        assert_eq!(failed.await, Err("no"));
        assert_eq!(log.entries(), ["finalized"]);
    }
}

async fn they_run_on_a_panic_of_the_body_and_of_a_child() {
    for of_child in [false, true] {
        let log = Log::new();
        let panicked = caught(scope(async |s| {
            s.defer(async { log.note("finalized") });
            if of_child {
                s.spawn(async {
                    if true {
                        panic!("boom");
                    }
                });
                pending::<()>().await;
            }
            panic!("boom");
        }));
        assert_eq!(panicked.await, Err::<(), _>("boom".into()));
        assert_eq!(log.entries(), ["finalized"]);
    }
}

fn they_run_on_a_deadline_and_on_a_cancel() {
    let (clock, token, log) = (TestClock::new(), CancelToken::new(), Log::new());
    let second = Duration::from_secs(1);
    let mut late = by_hand(fail_fast::<()>().runtime(clock.clone()).timeout(second).run(async |s| {
        s.defer(async { log.note("late: finalized") });
        pending::<Result<(), _>>().await
    }));
    assert!(late.poll_until_idle().is_pending());
    clock.advance(second);
    assert!(late.finish().expect_err("it was late").is_deadline_exceeded());
    let mut cancelled = by_hand(fail_fast::<()>().cancel_on(&token).run(async |s| {
        s.defer(async { log.note("cancelled: finalized") });
        pending::<Result<(), _>>().await
    }));
    assert!(cancelled.poll_until_idle().is_pending());
    token.cancel();
    assert!(cancelled.finish().expect_err("it was cancelled").is_cancelled());
    assert_eq!(log.entries(), ["late: finalized", "cancelled: finalized"]);
}

fn they_cannot_run_when_the_scope_is_dropped() {
    let log = Log::new();
    let mut run = by_hand(scope(async |s| {
        s.defer(log.traced("finalizer", async {}));
        pending::<()>().await;
    }));
    assert!(run.poll_until_idle().is_pending());
    drop(run);
    assert_eq!(log.entries(), ["finalizer dropped"]);
}

async fn they_borrow_what_children_may_borrow() {
    let mut flushed = vec![];
    let lines = ["a".to_owned(), "b".to_owned()];
    scope(async |s| {
        s.defer(async { flushed.extend(lines.iter().map(String::as_str)) });
    })
    .await;
    assert_eq!(flushed, ["a", "b"]);
}

async fn one_registered_by_a_child_belongs_to_the_scope() {
    let log = Log::new();
    scope(async |s| {
        let (handle, log) = (s.clone(), &log);
        s.spawn(async move {
            handle.defer(async move { log.note("finalized") });
            log.note("child ended");
        })
        .await;
        yield_now().await;
        log.note("body ended");
    })
    .await;
    assert_eq!(log.entries(), ["child ended", "body ended", "finalized"]);
}

async fn an_error_in_one_enters_like_a_failure_of_a_child_and_does_not_stop_the_others() {
    let log = Log::new();
    let failed = fail_fast::<&str>().run(async |s| {
        s.defer(async { log.note("registered first, run last") });
        s.defer(async { Err::<(), _>("disk full") });
        Ok("the body's value")
    });
    assert_eq!(
        failed.await.expect_err("a finalizer failed").into_failure(),
        Some("disk full")
    );
    assert_eq!(log.entries(), ["registered first, run last"]);
    let failed = try_scope(async |s| {
        s.defer(async { Err::<(), _>("disk full") });
        Ok(())
    });
    assert_eq!(failed.await, Err("disk full"));
}

async fn its_error_comes_after_those_already_seen() {
    let failed = fail_fast::<&str>().run(async |s| {
        s.defer(async { Err::<(), _>("third") });
        s.defer(async { Err::<(), _>("second") });
        Err::<(), _>("first")
    });
    let failures = failed.await.expect_err("the body failed").into_failures();
    let errors: Vec<_> = failures
        .iter()
        .map(|f| {
            if let TaskError::Failed(error) = f.error {
                error
            } else {
                "?"
            }
        })
        .collect();
    assert_eq!(errors, ["first", "second", "third"]);
    assert!(failures.iter().all(|f| !f.task.name().is_empty()));
}

async fn a_panic_in_one_does_not_stop_the_others() {
    let log = Log::new();
    let panicked = caught(scope(async |s| {
        s.defer(async { log.note("registered first, run last") });
        s.defer(async {
            if true {
                panic!("boom")
            }
        });
    }));
    assert_eq!(panicked.await, Err("boom".into()));
    assert_eq!(log.entries(), ["registered first, run last"]);
}

async fn in_a_settled_scope_its_error_is_among_the_failures() {
    let settlement = settled::<&str>().run(async |s| {
        s.defer(async { Err::<(), _>("disk full") });
        Ok(7)
    });
    let settlement = settlement.await.expect("the body worked");
    assert_eq!(settlement.value, 7);
    assert!(matches!(settlement.failures[..], [ref f] if matches!(f.error, TaskError::Failed("disk full"))));
}

/// `async with connection:` of Python, in three lines.
async fn acquire_use_and_release_nest_like_brackets() {
    let log = Log::new();
    let (acquire, release) = (
        |name: &str| log.note(format!("acquire {name}")),
        |name: &str| log.note(format!("release {name}")),
    );
    let failed = try_scope(async |s| {
        for name in ["pool", "connection"] {
            acquire(name);
            s.defer(async move { release(name) });
        }
        s.spawn(async {
            yield_now().await;
            log.note("use");
            Err::<(), _>("broken pipe")
        });
        Ok(())
    });
    assert_eq!(failed.await, Err("broken pipe"));
    assert_eq!(
        log.entries(),
        [
            "acquire pool",
            "acquire connection",
            "use",
            "release connection",
            "release pool"
        ]
    );
}

fn none_is_started_while_a_holder_lives() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(try_scope(async |s| {
        s.defer(async { log.note("finalized") });
        s.spawn(async {
            purview::shield(gate.wait()).await;
            log.note("holder ended");
            Ok(())
        });
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish(), Err("no"));
    assert_eq!(log.entries(), ["holder ended", "finalized"]);
}

on_every_runtime!(
    they_run_last_in_first_out_after_every_child_has_ended,
    they_run_on_an_error_of_the_body_and_of_a_child,
    they_run_on_a_panic_of_the_body_and_of_a_child,
    they_borrow_what_children_may_borrow,
    one_registered_by_a_child_belongs_to_the_scope,
    an_error_in_one_enters_like_a_failure_of_a_child_and_does_not_stop_the_others,
    its_error_comes_after_those_already_seen,
    a_panic_in_one_does_not_stop_the_others,
    in_a_settled_scope_its_error_is_among_the_failures,
    acquire_use_and_release_nest_like_brackets,
);
polled_on_every_runtime!(
    they_run_on_a_deadline_and_on_a_cancel,
    they_cannot_run_when_the_scope_is_dropped,
    none_is_started_while_a_holder_lives,
);
