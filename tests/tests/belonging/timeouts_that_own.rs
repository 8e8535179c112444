//! A timeout over a future that it owns cancels it in two phases: what is plain is dropped at once, what holds is waited for
//! within its grace, and a value that comes meanwhile is a value.

use std::{future::pending, pin::pin, time::Duration};

use purview::{
    Builder, CancelReason, FailFast, cancelled, fail_fast, gather, scope, settled, shield, timeout, try_scope,
};
use purview_tests::{Gate, Log, TestClock, by_hand, polled_on_every_runtime_and_in_virtual_time, yield_now};

const SECOND: Duration = Duration::from_secs(1);

fn on(clock: &TestClock) -> Builder<FailFast<&'static str>> {
    fail_fast().runtime(clock.clone())
}

fn what_is_inside_is_told_that_its_parent_was_cancelled() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let told = async |who: &str| log.note(format!("{who}: {:?}", cancelled().await));
        let inside = async {
            let member = async {
                told("member").await;
                pending::<Result<(), ()>>().await
            };
            let nested = scope(async |s| {
                s.spawn(told("child"));
                told("body").await;
                pending::<()>().await;
            });
            drop(futures::future::join3(told("future"), gather([member]), nested).await);
        };
        assert!(timeout(SECOND, inside).await.is_err());
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.finish().is_ok());
    let mut told = log.entries();
    told.sort();
    let parent = |who: &str| format!("{who}: {:?}", CancelReason::Parent);
    assert_eq!(told, ["body", "child", "future", "member"].map(parent));
}

/// A block that borrows the future is a future of its own, which is dropped.
fn a_block_around_a_reference_counts_as_owned() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let mut work = pin!(fail_fast::<()>().run(async |s| {
            s.defer(async {
                yield_now().await;
                log.note("finalized");
            });
            s.spawn(async {
                log.note(format!("told {:?}", cancelled().await));
                Ok(())
            });
            pending::<Result<(), _>>().await
        }));
        let guard = log.on_drop("block");
        let block = async {
            let _guard = guard;
            (&mut work).await.is_ok()
        };
        let late = timeout(SECOND, block).await;
        log.note(format!("{:?}", late.map_err(|_| "late")));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.finish().is_ok());
    // The scope was cancelled in there, so it ends, and its error is the block's value: what holds is waited for.
    assert_eq!(
        log.entries(),
        ["told Parent", "finalized", "block dropped", "Ok(false)"]
    );
}

fn what_holds_is_waited_for_and_its_value_is_taken() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let held = async {
            shield(gate.wait()).await;
            7
        };
        Ok(timeout(SECOND, held).await)
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(
        run.poll_until_idle().is_pending(),
        "a runtime's own timeout would have dropped it"
    );
    gate.open();
    assert_eq!(run.finish().ok(), Some(Ok(7)));
}

fn partial_results_of_a_settled_scope_are_a_value() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let import = settled::<()>().run(async |s| {
            let (quick, slow) = (s.spawn(async { Ok(7) }), s.spawn(pending::<Result<(), ()>>()));
            s.defer(gate.wait());
            Ok((quick.await.ok(), slow.await.is_ok()))
        });
        Ok(timeout(SECOND, import)
            .await
            .is_ok_and(|out| out.is_ok_and(|out| out.value == (Some(7), false))))
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending(), "its finalizer runs");
    gate.open();
    assert_eq!(run.finish().ok(), Some(true));
}

fn what_is_plain_is_dropped_at_once_though_others_hold() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let inside = try_scope(async |s| {
            s.spawn(log.traced("plain", pending::<Result<(), ()>>()));
            s.spawn(async {
                shield(gate.wait()).await;
                Ok(())
            });
            pending::<Result<(), ()>>().await
        });
        assert!(timeout(SECOND, inside).await.is_err());
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["plain polled", "plain dropped"]);
    gate.open();
    assert!(run.finish().is_ok());
}

fn what_holds_for_longer_than_the_grace_of_its_scope_is_dropped() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let inside = fail_fast::<()>().grace(2 * SECOND).run(async |s| {
            s.spawn(shield(log.traced("holder", pending::<Result<(), ()>>())));
            pending::<Result<(), ()>>().await
        });
        let late = timeout(SECOND, inside).await;
        Ok(late.is_err() || late.is_ok_and(|out| out.is_err()))
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    assert!(!log.has("holder dropped"));
    clock.advance(SECOND);
    assert_eq!(run.finish().ok(), Some(true));
    assert!(log.has("holder dropped"));
}

/// Of two that are due, the outer one is the one that is reported, and the inner one stays pending.
fn an_inner_one_that_is_not_earlier_stays_pending_when_both_are_due() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let inner = async {
            let late = timeout(SECOND, log.traced("work", pending::<()>())).await;
            log.note(format!("inner: {}", late.is_ok()));
        };
        let late = timeout(SECOND, inner).await;
        log.note(format!("outer: {}", late.is_ok()));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.finish().is_ok());
    let entries = log.entries();
    assert_eq!(entries[entries.len() - 2..], ["work dropped", "outer: false"]);
    assert!(!log.has("inner: false"));
}

polled_on_every_runtime_and_in_virtual_time!(
    what_is_inside_is_told_that_its_parent_was_cancelled,
    a_block_around_a_reference_counts_as_owned,
    what_holds_is_waited_for_and_its_value_is_taken,
    partial_results_of_a_settled_scope_are_a_value,
    what_is_plain_is_dropped_at_once_though_others_hold,
    what_holds_for_longer_than_the_grace_of_its_scope_is_dropped,
    an_inner_one_that_is_not_earlier_stays_pending_when_both_are_due,
);
