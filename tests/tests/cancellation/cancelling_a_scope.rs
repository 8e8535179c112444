//! A cancel reaches body and children at once, wherever it is asked for and when; the first reason is kept.

use std::{borrow::Cow, future::pending, thread};

use purview::{CancelReason, CancelToken, FailFast, RejectReason, Scope, fail_fast, shield};
use purview_tests::{CallsOnDrop, Gate, Log, PollCount, by_hand, on_every_runtime, polled_on_every_runtime, yield_now};

fn requested(text: &'static str) -> CancelReason {
    CancelReason::Requested(Some(Cow::Borrowed(text)))
}

async fn through_the_handle_it_ends_the_scope_with_the_reason_given() {
    for (with, reason) in [
        (None, CancelReason::Requested(None)),
        (Some("enough"), requested("enough")),
    ] {
        let log = Log::new();
        let cancelled = fail_fast::<&str>().run(async |s| {
            s.spawn(log.traced("child", pending::<Result<(), _>>()));
            yield_now().await;
            assert!(!s.is_cancelled());
            match with {
                Some(text) => s.cancel_with(text),
                None => s.cancel(),
            }
            assert!(s.is_cancelled() && s.token().is_cancelled());
            pending::<Result<(), _>>().await
        });
        let error = cancelled.await.expect_err("it was cancelled");
        assert_eq!((error.reason(), error.failures().len()), (&reason, 0));
        assert_eq!(log.entries(), ["child polled", "child dropped"]);
    }
}

async fn through_its_token_it_is_the_same() {
    let cancelled = fail_fast::<&str>().run(async |s| {
        s.token().cancel_with("by the token");
        pending::<Result<(), _>>().await
    });
    assert_eq!(
        cancelled.await.expect_err("it was cancelled").reason(),
        &requested("by the token")
    );
}

fn the_first_reason_stays_and_a_second_cancel_does_nothing() {
    let token = CancelToken::new();
    let mut run = by_hand(fail_fast::<&str>().cancel_on(&token).run(async |s| {
        s.cancel_with("first");
        s.cancel_with("second");
        s.cancel();
        token.cancel_with("third");
        assert_eq!(s.token().reason(), Some(requested("first")));
        pending::<Result<(), _>>().await
    }));
    assert_eq!(
        run.finish().expect_err("it was cancelled").reason(),
        &requested("first")
    );
}

fn a_body_that_cancels_on_request_and_returns_has_the_last_word() {
    let log = Log::new();
    let mut run = by_hand(fail_fast::<&str>().run(async |s| {
        s.spawn(log.traced("child", pending::<Result<(), _>>()));
        yield_now().await;
        s.cancel();
        Ok("its value")
    }));
    assert_eq!(run.finish().ok(), Some("its value"));
    assert_eq!(log.entries(), ["child polled", "child dropped"]);
}

fn from_another_thread_it_wakes_the_scope() {
    let mut handle = None;
    let mut run = by_hand(fail_fast::<&str>().run(|s: Scope<'static, FailFast<&str>>| {
        handle = Some(s);
        pending::<Result<(), _>>()
    }));
    assert!(run.poll_until_idle().is_pending());
    let handle = handle.take().expect("the closure ran");
    let wakes = run.wakes();
    thread::spawn(move || handle.cancel())
        .join()
        .expect("cancelled elsewhere");
    assert!(run.wakes() > wakes);
    assert!(run.finish().expect_err("it was cancelled").is_cancelled());
}

fn arriving_while_the_scope_only_waits_for_children_it_cancels_them() {
    let (log, gate, token) = (Log::new(), Gate::new(), CancelToken::new());
    let mut run = by_hand(fail_fast::<&str>().cancel_on(&token).run(async |s| {
        s.spawn(log.traced("plain", pending::<Result<(), _>>()));
        s.spawn(shield(async {
            gate.wait().await;
            log.note("cleaned up");
            Ok(())
        }));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending(), "one of them holds");
    gate.open();
    let error = run
        .finish()
        .expect_err("a token from outside stopped work that was under way");
    assert!(error.is_cancelled());
    assert_eq!(log.entries(), ["plain polled", "plain dropped", "cleaned up"]);
}

fn a_token_cancelled_before_the_first_poll_means_the_body_is_never_polled() {
    let (token, polls, log) = (CancelToken::new(), PollCount::new(), Log::new());
    token.cancel_with("before");
    let guard = log.on_drop("body");
    let mut run = by_hand(fail_fast::<&str>().cancel_on(&token).run(|_| {
        polls.of(async move {
            drop(guard);
            Ok(())
        })
    }));
    assert_eq!(
        run.finish().expect_err("it was cancelled").reason(),
        &requested("before")
    );
    assert_eq!((polls.get(), log.entries()), (0, vec!["body dropped".to_owned()]));
}

fn dropping_the_scope_runs_every_destructor_before_the_drop_returns() {
    let log = Log::new();
    let mut run = by_hand(fail_fast::<&str>().run(async |s| {
        let _body = log.on_drop("body");
        for i in 1..=5 {
            let guard = log.on_drop(format!("child {i}"));
            s.spawn(async move {
                let _guard = guard;
                pending::<Result<(), _>>().await
            });
        }
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    drop(run);
    let order = ["body", "child 5", "child 4", "child 3", "child 2", "child 1"].map(|name| format!("{name} dropped"));
    assert_eq!(log.entries(), order);
}

fn dropping_the_scope_fires_its_token() {
    let mut token = None;
    let slot = &mut token;
    let mut run = by_hand(fail_fast::<&str>().run(async |s| {
        *slot = Some(s.token());
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    drop(run);
    let token = token.expect("the body ran");
    assert!(token.is_cancelled());
    assert!(by_hand(token.cancelled()).poll().is_ready());
}

fn what_is_spawned_on_a_cancelled_scope_is_dropped_unpolled_and_its_task_is_cancelled() {
    let (polls, log) = (PollCount::new(), Log::new());
    let mut run = by_hand(purview::settled::<&str>().run(async |s| {
        s.cancel_with("enough");
        let guard = log.on_drop("future");
        let task = s.spawn(polls.of(async move {
            drop(guard);
            Ok(())
        }));
        assert!(log.has("future dropped") && task.is_finished());
        let rejected = s
            .try_spawn(std::future::ready(Ok::<_, &str>(7)))
            .expect_err("it is cancelled");
        assert_eq!(rejected.reason(), &RejectReason::Cancelled(requested("enough")));
        assert_eq!(rejected.into_inner().await, Ok(7));
        Ok(task.await.map_err(|e| e.to_string()))
    }));
    let outcome = run.finish().expect("the body returned what it had").value;
    assert!(outcome.is_err_and(|text| text.contains("enough")));
    assert_eq!(polls.get(), 0);
}

fn a_destructor_run_by_the_cancellation_that_spawns_is_refused() {
    let (polls, log) = (PollCount::new(), Log::new());
    let mut run = by_hand(fail_fast::<&str>().run(async |s| {
        let (handle, log, polls) = (s.clone(), &log, &polls);
        let guard = CallsOnDrop(move || {
            drop(handle.spawn(polls.of(async { Ok(()) })));
            let rejected = handle
                .try_spawn(polls.of(async { Ok(()) }))
                .expect_err("it is cancelled");
            log.note(format!("{:?}", rejected.reason()));
        });
        s.spawn(async move {
            let _guard = guard;
            pending::<Result<(), _>>().await
        });
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert_eq!(run.finish().expect_err("the body failed").into_failure(), Some("no"));
    assert_eq!(
        (polls.get(), log.entries()),
        (0, vec![format!("{:?}", RejectReason::Cancelled(CancelReason::Failed))])
    );
}

on_every_runtime!(
    through_the_handle_it_ends_the_scope_with_the_reason_given,
    through_its_token_it_is_the_same
);
polled_on_every_runtime!(
    the_first_reason_stays_and_a_second_cancel_does_nothing,
    a_body_that_cancels_on_request_and_returns_has_the_last_word,
    from_another_thread_it_wakes_the_scope,
    arriving_while_the_scope_only_waits_for_children_it_cancels_them,
    a_token_cancelled_before_the_first_poll_means_the_body_is_never_polled,
    dropping_the_scope_runs_every_destructor_before_the_drop_returns,
    dropping_the_scope_fires_its_token,
    what_is_spawned_on_a_cancelled_scope_is_dropped_unpolled_and_its_task_is_cancelled,
    a_destructor_run_by_the_cancellation_that_spawns_is_refused,
);
