//! What is inside a shield runs to its end though its scope is cancelled; what comes after it does not.

use std::{
    future::{pending, poll_fn},
    sync::Mutex,
};

use futures::future::{Either, select};
use purview::{CancelToken, fail_fast, scope, shield, try_scope};
use purview_tests::{Gate, Log, by_hand, on_every_runtime, polled_on_every_runtime, yield_now, yields};

async fn clean_up_is_run_to_the_end() {
    let log = Log::new();
    let failed = try_scope(async |s| {
        s.spawn(async {
            shield(async {
                yields(10).await;
                log.note("cleaned up");
            })
            .await;
            log.note("ran on to the next suspension");
            pending::<()>().await;
            log.note("ran past it");
            Ok(())
        });
        yield_now().await;
        Err::<(), _>("no")
    });
    assert_eq!(failed.await, Err("no"));
    assert_eq!(log.entries(), ["cleaned up", "ran on to the next suspension"]);
}

fn a_child_whose_hold_ends_is_dropped_at_its_next_suspension_without_another_poll() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(try_scope(async |s| {
        s.spawn(log.traced("child", async {
            shield(gate.wait()).await;
            // It wakes itself: a driver that went by wakes alone would poll it again.
            yield_now().await;
            Ok(())
        }));
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish(), Err("no"));
    assert_eq!(log.entries(), ["child polled", "child polled", "child dropped"]);
}

fn the_end_of_an_inner_shield_does_not_end_the_outer_one() {
    let (inner, outer, log) = (Gate::new(), Gate::new(), Log::new());
    let mut run = by_hand(try_scope(async |s| {
        s.spawn(async {
            shield(async {
                shield(inner.wait()).await;
                log.note("the inner one ended");
                outer.wait().await;
                log.note("the outer one ended");
            })
            .await;
            pending::<()>().await;
            log.note("ran on");
            Ok(())
        });
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    inner.open();
    assert!(run.poll_until_idle().is_pending());
    outer.open();
    assert_eq!(run.finish(), Err("no"));
    assert_eq!(log.entries(), ["the inner one ended", "the outer one ended"]);
}

fn two_shields_side_by_side_are_both_waited_for() {
    let (first, second) = (Gate::new(), Gate::new());
    let mut run = by_hand(try_scope(async |s| {
        s.spawn(async {
            futures::future::join(shield(first.wait()), shield(second.wait())).await;
            pending::<Result<(), _>>().await
        });
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    second.open();
    assert!(run.poll_until_idle().is_pending());
    first.open();
    assert_eq!(run.finish(), Err("no"));
}

fn a_shield_that_is_dropped_lets_go() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(try_scope(async |s| {
        s.spawn(async {
            match select(Box::pin(shield(pending::<()>())), gate.wait()).await {
                Either::Left(_) => unreachable!("it never ends"),
                Either::Right(((), shield)) => drop(shield),
            }
            log.note("released");
            pending::<Result<(), _>>().await
        });
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish(), Err("no"));
    assert_eq!(log.entries(), ["released"]);
}

fn a_shield_that_was_never_polled_holds_nothing() {
    let mut run = by_hand(try_scope(async |s| {
        s.spawn(async {
            let _never_polled = shield(pending::<()>());
            pending::<Result<(), _>>().await
        });
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert_eq!(run.finish(), Err("no"));
}

fn a_shield_holds_wherever_it_is_polled() {
    let (token, gate, log) = (CancelToken::new(), Gate::new(), Log::new());
    let held = Mutex::new(Box::pin(shield(gate.wait())));
    let poll = || poll_fn(|cx| held.lock().expect("not poisoned").as_mut().poll(cx));
    let mut run = by_hand(fail_fast::<&str>().cancel_on(&token).run(async |s| {
        s.spawn(log.traced("first", async {
            assert!(by_hand(poll()).poll().is_pending());
            pending::<Result<(), _>>().await
        }));
        s.spawn(log.traced("second", async {
            poll().await;
            pending::<Result<(), _>>().await
        }));
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending());
    assert!(
        log.has("first dropped") && !log.has("second dropped"),
        "it has been carried over"
    );
    assert!(by_hand(poll()).poll().is_pending());
    assert!(run.finish().is_err(), "outside of the scope it holds no child of it");
}

fn a_shield_does_not_protect_a_scope_in_it_from_its_own_cancel() {
    let log = Log::new();
    let mut run = by_hand(scope(async |_| {
        let inner = shield(fail_fast::<&str>().run(async |inner| {
            inner.spawn(log.traced("child", pending::<Result<(), _>>()));
            yield_now().await;
            inner.cancel();
            pending::<Result<(), _>>().await
        }));
        inner.await.expect_err("it was cancelled").is_cancelled()
    }));
    assert!(run.finish());
    assert_eq!(log.entries(), ["child polled", "child dropped"]);
}

fn a_scope_inside_a_shield_is_not_told_of_a_cancel_outside() {
    let (token, gate, log) = (CancelToken::new(), Gate::new(), Log::new());
    let mut run = by_hand(fail_fast::<&str>().cancel_on(&token).run(async |_| {
        let inner = fail_fast::<&str>().run(async |inner| {
            let child = inner.spawn(async {
                gate.wait().await;
                Ok("ran to the end")
            });
            let value = child.await;
            Ok((value, inner.is_cancelled(), inner.token().is_cancelled()))
        });
        log.note(format!("{:?}", shield(inner).await.ok()));
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert!(run.finish().expect_err("it was cancelled").is_cancelled());
    assert_eq!(log.entries(), ["Some((\"ran to the end\", false, false))"]);
}

fn a_shield_entered_after_the_cancel_holds_as_well() {
    let (first, second, log) = (Gate::new(), Gate::new(), Log::new());
    let mut run = by_hand(try_scope(async |s| {
        s.spawn(async {
            shield(first.wait()).await;
            shield(second.wait()).await;
            log.note("both ended");
            Ok(())
        });
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    first.open();
    assert!(run.poll_until_idle().is_pending());
    second.open();
    assert_eq!(run.finish(), Err("no"));
    assert_eq!(log.entries(), ["both ended"]);
}

fn a_dropped_scope_does_not_wait_for_a_shield() {
    let log = Log::new();
    let mut run = by_hand(scope(async |s| {
        s.spawn(shield(log.traced("shielded", pending::<()>())));
    }));
    assert!(run.poll_until_idle().is_pending());
    drop(run);
    assert_eq!(log.entries(), ["shielded polled", "shielded dropped"]);
}

on_every_runtime!(clean_up_is_run_to_the_end);
polled_on_every_runtime!(
    a_child_whose_hold_ends_is_dropped_at_its_next_suspension_without_another_poll,
    the_end_of_an_inner_shield_does_not_end_the_outer_one,
    two_shields_side_by_side_are_both_waited_for,
    a_shield_that_is_dropped_lets_go,
    a_shield_that_was_never_polled_holds_nothing,
    a_shield_holds_wherever_it_is_polled,
    a_shield_does_not_protect_a_scope_in_it_from_its_own_cancel,
    a_scope_inside_a_shield_is_not_told_of_a_cancel_outside,
    a_shield_entered_after_the_cancel_holds_as_well,
    a_dropped_scope_does_not_wait_for_a_shield,
);
