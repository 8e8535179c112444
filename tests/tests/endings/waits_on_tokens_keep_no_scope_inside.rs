//! A wait on a token counts from the scope whose token it is outwards: a scope, a gather or a timeout inside that scope, whose
//! end does not fire the token, resolves without waiting for it.

use std::{future::pending, sync::Mutex, time::Duration};

use futures::FutureExt;
use purview::{CancelToken, fail_fast, gather, scope, settled, timeout, try_scope};
use purview_tests::{Gate, Log, PollCount, TestClock, by_hand, polled_on_every_runtime_and_in_virtual_time};

const SECOND: Duration = Duration::from_secs(1);

/// Waits for what does not come.
async fn waits(token: CancelToken, log: &Log) -> Result<(), &'static str> {
    let _guard = log.on_drop("wait");
    token.cancelled().await;
    log.note("told");
    Ok(())
}

/// Runs `inside` in a child of a scope, is given that scope's token, and has to resolve when the gate is open.
#[track_caller]
fn resolves<F>(inside: impl FnOnce(CancelToken, Gate, Log) -> F)
where
    F: Future<Output = ()> + Send,
{
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let mut run = by_hand(settled::<()>().runtime(clock.clone()).run(async |s| {
        let inside = inside(s.token(), gate.clone(), log.clone());
        s.spawn(inside.map(Ok)).await.map_err(drop)
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    clock.advance(SECOND);
    assert!(run.finish().is_ok(), "it waits for what does not come");
    assert_eq!(log.entries(), ["wait dropped"]);
}

fn a_scope_inside_that_fails() {
    resolves(async |token, gate, log| {
        let failed = try_scope(async |s| {
            s.spawn(waits(token, &log));
            gate.wait().await;
            Err::<(), _>("no")
        });
        assert_eq!(failed.await, Err("no"));
    });
}

fn a_scope_inside_that_fails_while_a_child_waits_on_a_child_token_in_a_timeout() {
    resolves(async |token, gate, log| {
        let failed = try_scope(async |s| {
            s.spawn(timeout(9 * SECOND, waits(token.child(), &log)).map(|_| Ok(())));
            gate.wait().await;
            Err::<(), _>("no")
        });
        assert_eq!(failed.await, Err("no"));
    });
}

fn a_scope_inside_that_is_cancelled_while_its_body_waits() {
    resolves(async |token, gate, log| {
        let cancelled = fail_fast().run(async |s| {
            let handle = s.clone();
            s.spawn(async move {
                gate.wait().await;
                handle.cancel();
                pending::<Result<(), _>>().await
            });
            waits(token, &log).await
        });
        assert!(cancelled.await.is_err());
    });
}

fn a_scope_inside_that_fails_while_a_member_of_a_gather_in_it_waits() {
    resolves(async |token, gate, log| {
        let failed = try_scope(async |s| {
            s.spawn(gather([waits(token, &log)]).map(|_| Ok(())));
            gate.wait().await;
            Err::<(), _>("no")
        });
        assert_eq!(failed.await, Err("no"));
    });
}

fn a_scope_inside_whose_deadline_comes() {
    resolves(async |token, _, log| {
        let late = fail_fast().timeout(SECOND).run(async |s| {
            s.spawn(waits(token, &log));
            pending::<Result<(), &str>>().await
        });
        assert!(late.await.is_err());
    });
}

fn a_scope_two_further_in_that_fails() {
    resolves(async |token, gate, log| {
        scope(async |s| {
            s.spawn(async {
                let failed = try_scope(async |t| {
                    t.spawn(waits(token, &log));
                    gate.wait().await;
                    Err::<(), _>("no")
                });
                assert_eq!(failed.await, Err("no"));
            })
            .await;
        })
        .await;
    });
}

fn a_timeout_inside_that_expires() {
    resolves(async |token, _, log| assert!(timeout(SECOND, waits(token, &log)).await.is_err()));
}

fn a_timeout_inside_that_expires_around_a_scope() {
    resolves(async |token, _, log| {
        let inside = scope(async |s| s.spawn(waits(token, &log)).await.is_ok());
        assert!(timeout(SECOND, inside).await.is_err());
    });
}

fn a_gather_inside_in_which_another_member_fails() {
    resolves(async |token, gate, log| {
        let members = [waits(token, &log).boxed(), gate.wait().map(|()| Err("no")).boxed()];
        assert!(gather(members).await.is_err());
    });
}

fn a_gather_inside_whose_deadline_comes() {
    resolves(async |token, _, log| assert!(gather([waits(token, &log)]).timeout(SECOND).await.is_err()));
}

fn a_gather_of_different_types_in_which_another_member_fails() {
    resolves(async |token, gate, log| {
        let both = purview::gather!(waits(token, &log), gate.wait().map(|()| Err::<(), _>("no")));
        assert!(both.await.is_err());
    });
}

fn a_task_inside_that_is_cancelled_alone() {
    resolves(async |token, gate, log| {
        scope(async |s| {
            let task = s.spawn(waits(token, &log));
            gate.wait().await;
            task.cancel();
        })
        .await;
    });
}

/// Nothing of its own fires it, at any distance.
fn a_scope_around_the_wait_on_a_strangers_token() {
    let strange = CancelToken::new();
    resolves(async |_, gate, log| {
        let failed = try_scope(async |s| {
            s.spawn(waits(strange.child(), &log));
            gate.wait().await;
            Err::<(), _>("no")
        });
        assert_eq!(failed.await, Err("no"));
    });
}

/// It was carried out of a child that has ended: there is nothing left to give time to.
fn a_wait_that_outlives_its_task_holds_nothing() {
    let (clock, token, polls) = (TestClock::new(), CancelToken::new(), PollCount::new());
    let carried = Mutex::new(None);
    let (carried, counted) = (&carried, &polls);
    let mut run = by_hand(settled::<()>().runtime(clock).cancel_on(&token).run(async |s| {
        let outer = s.token();
        s.spawn(async move {
            let inner = scope(async |t| {
                let leaves = t.spawn(async {
                    let mut wait = by_hand(outer.cancelled());
                    assert!(wait.poll().is_pending());
                    *carried.lock().expect("not poisoned") = Some(wait);
                });
                leaves.await;
                pending::<()>().await;
            });
            futures::future::join(inner, counted.of(pending::<()>())).await;
            Ok(())
        });
        pending::<Result<(), ()>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    let before = polls.get();
    token.cancel();
    assert!(run.finish().is_err());
    assert_eq!(polls.get(), before, "it is dropped at once");
}

/// It sees no cancellation, and is dropped for none: the token is a value to it like any other.
fn a_finalizer_that_waits_for_the_token_of_its_scope_is_told_and_ends() {
    let (log, token) = (Log::new(), CancelToken::new());
    let mut run = by_hand(fail_fast::<&str>().cancel_on(&token).run(async |s| {
        let own = s.token();
        s.defer(waits(own, &log));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    let _ = run.finish();
    assert_eq!(log.entries(), ["told", "wait dropped"]);
}

polled_on_every_runtime_and_in_virtual_time!(
    a_finalizer_that_waits_for_the_token_of_its_scope_is_told_and_ends,
    a_wait_that_outlives_its_task_holds_nothing,
    a_scope_inside_that_fails,
    a_scope_inside_that_fails_while_a_child_waits_on_a_child_token_in_a_timeout,
    a_scope_inside_that_is_cancelled_while_its_body_waits,
    a_scope_inside_that_fails_while_a_member_of_a_gather_in_it_waits,
    a_scope_inside_whose_deadline_comes,
    a_scope_two_further_in_that_fails,
    a_timeout_inside_that_expires,
    a_timeout_inside_that_expires_around_a_scope,
    a_gather_inside_in_which_another_member_fails,
    a_gather_inside_whose_deadline_comes,
    a_gather_of_different_types_in_which_another_member_fails,
    a_task_inside_that_is_cancelled_alone,
    a_scope_around_the_wait_on_a_strangers_token,
);
