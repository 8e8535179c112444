//! A failure stops the tasks that have not ended: they are dropped where they are, and what comes after does not run.

use std::{future::pending, time::Duration};

use purview::{Timer, fail_fast, sleep, try_scope};
use purview_tests::{Gate, Log, PollCount, TestClock, by_hand, on_every_runtime, polled_on_every_runtime, yield_now};

async fn a_pending_child_is_dropped_when_the_body_fails() {
    let log = Log::new();
    let failed = try_scope(async |s| {
        let guard = log.on_drop("child");
        s.spawn(async {
            let _guard = guard;
            pending::<()>().await;
            log.note("the child went on");
            Ok(())
        });
        yield_now().await;
        Err::<(), _>("no")
    });
    assert_eq!(failed.await, Err("no"));
    assert_eq!(log.entries(), ["child dropped"]);
}

async fn a_body_that_pends_for_ever_is_dropped_when_a_child_fails() {
    let log = Log::new();
    let failed = try_scope(async |s| {
        let _guard = log.on_drop("body");
        s.spawn(async {
            yield_now().await;
            Err::<(), _>("no")
        });
        pending::<()>().await;
        log.note("the body went on");
        Ok(())
    });
    assert_eq!(failed.await, Err("no"));
    assert_eq!(log.entries(), ["body dropped"]);
}

async fn a_pending_sibling_is_dropped_and_its_tail_does_not_run() {
    let log = Log::new();
    let failed = try_scope(async |s| {
        let guard = log.on_drop("sibling");
        s.spawn(async {
            let _guard = guard;
            pending::<()>().await;
            log.note("the sibling went on");
            Ok(())
        });
        s.spawn(async {
            yield_now().await;
            Err::<(), _>("no")
        });
        Ok(())
    });
    assert_eq!(failed.await, Err("no"));
    assert_eq!(log.entries(), ["sibling dropped"]);
}

fn a_sibling_that_was_woken_with_the_failing_child_is_not_polled_again() {
    let (gate, polls) = (Gate::new(), PollCount::new());
    let mut run = by_hand(try_scope(async |s| {
        s.spawn(async {
            gate.wait().await;
            Err::<(), _>("no")
        });
        s.spawn(polls.of(async {
            gate.wait().await;
            Ok(())
        }));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish(), Err("no"));
    assert_eq!(polls.get(), 1);
}

fn a_sibling_that_was_never_polled_is_dropped_unpolled() {
    let (log, polls) = (Log::new(), PollCount::new());
    let mut run = by_hand(try_scope(async |s| {
        let guard = log.on_drop("sibling");
        s.spawn(polls.of(async move {
            drop(guard);
            Ok(())
        }));
        Err::<(), _>("no")
    }));
    assert_eq!(run.finish(), Err("no"));
    assert_eq!((polls.get(), log.entries()), (0, vec!["sibling dropped".to_owned()]));
}

fn a_sibling_that_sleeps_is_not_waited_for() {
    let clock = TestClock::new();
    let started = clock.now();
    let mut run = by_hand(fail_fast().runtime(clock.clone()).run(async |s| {
        s.spawn(async {
            sleep(Duration::from_secs(5)).await;
            Ok(())
        });
        s.spawn(async {
            yield_now().await;
            Err::<(), _>("no")
        });
        Ok(())
    }));
    assert_eq!(run.finish().expect_err("a child failed").into_failure(), Some("no"));
    assert_eq!((clock.now(), clock.timers_alive()), (started, 0));
}

fn the_body_goes_first_and_then_the_children_newest_to_oldest() {
    let (gate, log) = (Gate::new(), Log::new());
    let (opened, written) = (&gate, &log);
    let mut run = by_hand(try_scope(|s| {
        log.traced("body", async move {
            for name in ["oldest", "middle", "newest"] {
                let guard = written.on_drop(name);
                s.spawn(async move {
                    let _guard = guard;
                    pending::<Result<(), &str>>().await
                });
            }
            opened.wait().await;
            s.spawn(async { Err::<(), _>("no") });
            pending::<Result<(), &str>>().await
        })
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    log.clear();
    assert_eq!(run.finish(), Err("no"));
    assert_eq!(
        log.entries(),
        [
            "body polled",
            "body dropped",
            "newest dropped",
            "middle dropped",
            "oldest dropped"
        ]
    );
}

on_every_runtime!(
    a_pending_child_is_dropped_when_the_body_fails,
    a_body_that_pends_for_ever_is_dropped_when_a_child_fails,
    a_pending_sibling_is_dropped_and_its_tail_does_not_run,
);
polled_on_every_runtime!(
    a_sibling_that_was_woken_with_the_failing_child_is_not_polled_again,
    a_sibling_that_was_never_polled_is_dropped_unpolled,
    a_sibling_that_sleeps_is_not_waited_for,
    the_body_goes_first_and_then_the_children_newest_to_oldest,
);
