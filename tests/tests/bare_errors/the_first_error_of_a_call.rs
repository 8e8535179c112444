//! `try_for_each`: the first `Err` of a call ends the rest, and a stop is an error unless every item was seen.

use std::{
    future::pending,
    io,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use futures::{StreamExt, stream};
use purview::{CancelReason, CancelToken, Stopped, TaskError, checkpoint, gather, gather_stream, shield};
use purview_tests::{Gate, Log, TestClock, by_hand, caught, on_every_runtime, polled_on_every_runtime};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug, PartialEq)]
enum Told {
    Call(&'static str),
    Stopped(CancelReason),
}

impl From<Stopped> for Told {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped.reason)
    }
}

async fn every_result_is_seen_and_failures_of_futures_are_the_calls_to_judge() {
    let seen = Mutex::new(Vec::new());
    let out: Result<(), Told> = gather((0..4).map(async |n| if n % 2 == 0 { Ok(n) } else { Err(n) }))
        .try_for_each(async |index, result| {
            checkpoint().await;
            seen.lock().unwrap().push((index, result.is_ok()));
            Ok(())
        })
        .await;
    assert_eq!(out, Ok(()));
    assert_eq!(*seen.lock().unwrap(), [(0, true), (1, false), (2, true), (3, false)]);
}

async fn the_first_error_cancels_what_runs_and_starts_no_more() {
    let (log, started, calls) = (Log::new(), AtomicUsize::new(0), AtomicUsize::new(0));
    let out = gather((0..100).map(async |n| {
        started.fetch_add(1, SeqCst);
        let _dropped = log.on_drop(format!("{n}"));
        checkpoint().await; // the others begin
        if n > 0 {
            pending::<()>().await;
        }
        Ok::<_, ()>(n)
    }))
    .limit(3)
    .try_for_each(async |_, _| {
        calls.fetch_add(1, SeqCst);
        Err(Told::Call("no room"))
    })
    .await;
    assert_eq!(out, Err(Told::Call("no room")));
    assert_eq!((started.load(SeqCst), calls.load(SeqCst)), (3, 1));
    assert_eq!(log.entries(), ["0 dropped", "2 dropped", "1 dropped"]);
}

async fn results_that_wait_for_their_call_are_not_handed_out_after_an_error() {
    let calls = AtomicUsize::new(0);
    let out = gather((0..9).map(async |n| Ok::<_, ()>(n)))
        .try_for_each(async |_, _| {
            for _ in 0..20 {
                checkpoint().await; // the others end meanwhile
            }
            if calls.fetch_add(1, SeqCst) == 1 {
                Err(Told::Call("the second"))
            } else {
                Ok(())
            }
        })
        .await;
    assert_eq!(out, Err(Told::Call("the second")));
    assert_eq!(calls.load(SeqCst), 2);
}

async fn futures_that_hold_are_waited_for_after_an_error() {
    let saved = AtomicUsize::new(0);
    let save = async |n: u32| {
        if n > 0 {
            shield(async {
                for _ in 0..5 {
                    checkpoint().await;
                }
                saved.fetch_add(1, SeqCst);
            })
            .await;
        } else {
            checkpoint().await; // the others begin
        }
        Ok::<_, ()>(n)
    };
    let out = gather((0..3).map(save))
        .try_for_each(async |_, _| Err(Told::Call("at once")))
        .await;
    assert_eq!((out, saved.load(SeqCst)), (Err(Told::Call("at once")), 2));
}

async fn a_panic_of_clean_up_after_an_error_goes_on() {
    let clean = async |n: u32| {
        if n > 0 {
            shield(async {
                for _ in 0..5 {
                    checkpoint().await;
                }
                panic!("while it cleaned up");
            })
            .await;
        }
        checkpoint().await; // both begin
        Ok::<_, ()>(n)
    };
    let all = gather((0..2).map(clean)).try_for_each(async |_, _| Err(Told::Call("at once")));
    assert_eq!(caught(all).await.unwrap_err(), "while it cleaned up");
}

async fn a_panic_of_a_future_is_a_result_like_any_other() {
    let all = gather([async { panic!("one") as Result<(), ()> }]).try_for_each(async |_, result| match result {
        Err(TaskError::Panicked(panic)) if panic.message() == Some("one") => Err(Told::Call("it panicked")),
        _ => Ok(()),
    });
    assert_eq!(all.await, Err(Told::Call("it panicked")));
}

async fn a_deadline_is_an_error_though_no_call_has_failed() {
    let clock = TestClock::new();
    let seen = AtomicUsize::new(0);
    let work = async |n: u32| {
        if n == 1 {
            clock.advance(SECOND);
            pending::<()>().await;
        }
        Ok::<_, ()>(n)
    };
    let out = gather((0..3).map(work))
        .runtime(clock.clone())
        .timeout(SECOND)
        .limit(2)
        .try_for_each(async |_, result| {
            assert!(result.is_ok(), "what was cut is not handed out");
            seen.fetch_add(1, SeqCst);
            Ok(())
        })
        .await;
    assert_eq!(out, Err(Told::Stopped(CancelReason::DeadlineExceeded)));
    assert!(seen.load(SeqCst) < 3);
}

async fn a_token_is_an_error_with_its_reason() {
    let token = CancelToken::new();
    let out = gather([pending::<Result<(), ()>>()])
        .cancel_on(&token)
        .try_for_each(async |_, _| Ok::<_, Told>(()));
    token.cancel_with("maintenance");
    assert_eq!(
        out.await,
        Err(Told::Stopped(CancelReason::Requested(Some("maintenance".into()))))
    );
}

async fn a_deadline_after_every_item_was_seen_is_none() {
    let clock = TestClock::new();
    let out = gather([async { Ok::<_, ()>(1) }])
        .runtime(clock.clone())
        .timeout(SECOND)
        .try_for_each(async |_, _| {
            clock.advance(2 * SECOND);
            checkpoint().await;
            Ok::<_, Told>(())
        })
        .await;
    assert_eq!(out, Ok(()));
}

async fn one_that_finishes_in_its_grace_was_seen() {
    let token = CancelToken::new();
    let out = gather([shield(async {
        token.cancel();
        checkpoint().await;
        Ok::<_, ()>(1)
    })])
    .cancel_on(&token)
    .try_for_each(async |_, result| {
        assert!(result.is_ok());
        Ok::<_, Told>(())
    });
    assert_eq!(out.await, Ok(()));
}

async fn a_stream_that_was_cut_was_not_seen_to_its_end() {
    let token = CancelToken::new();
    let endless = stream::iter(0..).map(async |n: u64| Ok::<_, ()>(n));
    let out = gather_stream(endless)
        .limit(1)
        .cancel_on(&token)
        .try_for_each(async |index, _| {
            if index == 3 {
                token.cancel_with("enough");
            }
            Ok::<_, Told>(())
        })
        .await;
    assert_eq!(out, Err(Told::Stopped(CancelReason::Requested(Some("enough".into())))));
}

async fn the_call_under_way_at_a_deadline_has_the_last_word() {
    let token = CancelToken::new();
    let gate = Gate::new();
    let out = gather((0..2).map(async |n| {
        if n == 1 {
            token.cancel();
            gate.open();
            pending::<()>().await;
        }
        Ok::<_, ()>(n)
    }))
    .cancel_on(&token)
    .try_for_each(async |_, _| {
        gate.wait().await;
        checkpoint().await;
        Err(Told::Call("it failed"))
    })
    .await;
    assert_eq!(out, Err(Told::Call("it failed")));
}

fn dropping_it_drops_the_call_and_then_the_futures() {
    let log = Log::new();
    let mut all = by_hand(
        gather((0..3).map(|n| {
            let log = log.clone();
            async move {
                let _dropped = log.on_drop(format!("{n}"));
                if n > 0 {
                    pending::<()>().await;
                }
                Ok::<_, ()>(n)
            }
        }))
        .try_for_each(|_, _| {
            let dropped = log.on_drop("call");
            async move {
                let _dropped = dropped;
                pending::<Result<(), io::Error>>().await
            }
        }),
    );
    assert!(all.poll_until_idle().is_pending());
    drop(all);
    assert_eq!(log.entries(), ["0 dropped", "call dropped", "2 dropped", "1 dropped"]);
}

on_every_runtime!(
    every_result_is_seen_and_failures_of_futures_are_the_calls_to_judge,
    the_first_error_cancels_what_runs_and_starts_no_more,
    results_that_wait_for_their_call_are_not_handed_out_after_an_error,
    futures_that_hold_are_waited_for_after_an_error,
    a_panic_of_clean_up_after_an_error_goes_on,
    a_panic_of_a_future_is_a_result_like_any_other,
    a_deadline_is_an_error_though_no_call_has_failed,
    a_token_is_an_error_with_its_reason,
    a_deadline_after_every_item_was_seen_is_none,
    one_that_finishes_in_its_grace_was_seen,
    a_stream_that_was_cut_was_not_seen_to_its_end,
    the_call_under_way_at_a_deadline_has_the_last_word,
);
polled_on_every_runtime!(dropping_it_drops_the_call_and_then_the_futures);
