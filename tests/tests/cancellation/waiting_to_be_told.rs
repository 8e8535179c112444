//! A child that waits on `cancelled()`, or on the token of its scope, is told before it is dropped.

use std::{future::pending, pin::pin};

use futures::future::{Either, select};
use purview::{CancelReason, CancelToken, cancelled, fail_fast, scope, shield, try_scope};
use purview_tests::{Gate, Log, PollCount, by_hand, on_every_runtime, polled_on_every_runtime, yield_now};

async fn it_is_told_the_reason_and_runs_on_to_its_next_suspension() {
    let log = Log::new();
    let failed = try_scope(async |s| {
        s.spawn(async {
            log.note(format!("told {:?}", cancelled().await));
            pending::<()>().await;
            log.note("ran on");
            Ok(())
        });
        yield_now().await;
        Err::<(), _>("no")
    });
    assert_eq!(failed.await, Err("no"));
    assert_eq!(log.entries(), ["told Failed"]);
}

async fn once_told_it_may_clean_up_behind_a_shield() {
    let log = Log::new();
    let failed = try_scope(async |s| {
        s.spawn(async {
            cancelled().await;
            shield(async {
                yield_now().await;
                log.note("cleaned up");
            })
            .await;
            Ok(())
        });
        yield_now().await;
        Err::<(), _>("no")
    });
    assert_eq!(failed.await, Err("no"));
    assert_eq!(log.entries(), ["cleaned up"]);
}

async fn work_that_is_raced_against_it_is_left_in_order() {
    let log = Log::new();
    let failed = fail_fast::<&str>().run(async |s| {
        s.spawn(async {
            let work = pin!(async {
                let _guard = log.on_drop("work");
                pending::<()>().await;
            });
            match select(pin!(cancelled()), work).await {
                Either::Left((why, _)) => log.note(format!("left because {why:?}")),
                Either::Right(_) => unreachable!("it never ends"),
            }
            Ok(())
        });
        yield_now().await;
        s.cancel_with("enough");
        pending::<Result<(), _>>().await
    });
    assert!(failed.await.expect_err("it was cancelled").is_cancelled());
    assert_eq!(
        log.entries(),
        ["left because Requested(Some(\"enough\"))", "work dropped"]
    );
}

async fn waiting_on_the_token_of_its_scope_is_the_same() {
    let log = Log::new();
    let failed = try_scope(async |s| {
        let token = s.token();
        let log = &log;
        s.spawn(async move {
            let why = token.cancelled().await;
            log.note(format!("told {why:?}"));
            Ok(())
        });
        yield_now().await;
        Err::<(), _>("no")
    });
    assert_eq!(failed.await, Err("no"));
    assert_eq!(log.entries(), ["told Failed"]);
}

fn waiting_on_a_token_of_another_holds_nothing() {
    let (token, polls) = (CancelToken::new(), PollCount::new());
    let mut run = by_hand(try_scope(async |s| {
        s.spawn(polls.of(async {
            token.cancelled().await;
            Ok(())
        }));
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert_eq!(run.finish(), Err("no"));
    assert_eq!(polls.get(), 1);
}

fn a_wait_that_was_given_up_holds_nothing() {
    let (gate, polls) = (Gate::new(), PollCount::new());
    let mut run = by_hand(try_scope(async |s| {
        s.spawn(polls.of(async {
            drop(select(pin!(cancelled()), gate.wait()).await);
            pending::<Result<(), _>>().await
        }));
        s.spawn(async {
            gate.wait().await;
            yield_now().await;
            Err::<(), _>("no")
        });
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish(), Err("no"));
    assert_eq!(polls.get(), 2);
}

fn inside_a_shield_no_future_is_told() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(fail_fast::<&str>().run(async |s| {
        s.spawn(shield(async {
            let told = select(Box::pin(cancelled()), gate.wait()).await;
            log.note(if matches!(told, Either::Left(_)) {
                "told"
            } else {
                "not told"
            });
            Ok(())
        }));
        yield_now().await;
        s.cancel();
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending(), "the shield holds");
    gate.open();
    assert!(run.finish().is_err());
    assert_eq!(log.entries(), ["not told"]);
}

fn in_a_scope_that_is_cancelled_already_it_is_told_at_once() {
    let log = Log::new();
    let mut run = by_hand(fail_fast::<&str>().run(async |s| {
        s.cancel_with("enough");
        log.note(format!("{:?}", cancelled().await));
        log.note(format!("{:?}", cancelled().await));
        pending::<Result<(), _>>().await
    }));
    assert!(run.finish().expect_err("it was cancelled").is_cancelled());
    let why = format!("{:?}", CancelReason::Requested(Some("enough".into())));
    assert_eq!(log.entries(), vec![why; 2]);
}

fn every_waiter_of_a_child_is_told_once() {
    let (log, polls) = (Log::new(), PollCount::new());
    let mut run = by_hand(fail_fast::<&str>().run(async |s| {
        s.spawn(polls.of(async {
            let told = async || log.note(format!("{:?}", cancelled().await));
            futures::future::join3(told(), told(), told()).await;
            Ok(())
        }));
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert!(run.finish().is_err());
    assert_eq!((polls.get(), log.entries()), (2, vec!["Failed".to_owned(); 3]));
}

fn in_a_scope_that_ends_well_an_ordinary_child_that_waits_keeps_it_open() {
    let mut run = by_hand(scope(async |s| {
        s.spawn(async { drop(cancelled().await) });
    }));
    assert!(
        run.poll_until_idle().is_pending(),
        "there is no cancellation, so no task is told"
    );
}

on_every_runtime!(
    it_is_told_the_reason_and_runs_on_to_its_next_suspension,
    once_told_it_may_clean_up_behind_a_shield,
    work_that_is_raced_against_it_is_left_in_order,
    waiting_on_the_token_of_its_scope_is_the_same,
);
polled_on_every_runtime!(
    inside_a_shield_no_future_is_told,
    waiting_on_a_token_of_another_holds_nothing,
    a_wait_that_was_given_up_holds_nothing,
    in_a_scope_that_is_cancelled_already_it_is_told_at_once,
    every_waiter_of_a_child_is_told_once,
    in_a_scope_that_ends_well_an_ordinary_child_that_waits_keeps_it_open,
);
