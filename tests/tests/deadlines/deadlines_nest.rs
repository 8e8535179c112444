//! The effective deadline is the nearest one around, and the outermost that fired is the one reported.

use std::{future::pending, time::Duration};

use purview::{Builder, CancelReason, FailFast, Timer, deadline, fail_fast, remaining, settled, timeout};
use purview_tests::{Gate, Log, TestClock, by_hand, polled_on_every_runtime};

const SECOND: Duration = Duration::from_secs(1);

fn on(clock: &TestClock) -> Builder<FailFast<&'static str>> {
    fail_fast().runtime(clock.clone())
}

fn the_nearest_is_the_effective_one_whichever_scope_has_it() {
    let clock = TestClock::new();
    let start = clock.now();
    let mut run = by_hand(on(&clock).timeout(5 * SECOND).run(async |_| {
        assert_eq!((deadline(), remaining()), (Some(start + 5 * SECOND), Some(5 * SECOND)));
        let tighter = fail_fast::<&str>().timeout(3 * SECOND).run(async |_| {
            assert_eq!((deadline(), remaining()), (Some(start + 3 * SECOND), Some(3 * SECOND)));
            Ok(())
        });
        assert!(tighter.await.is_ok());
        let looser = fail_fast::<&str>().timeout(7 * SECOND).run(async |_| {
            assert_eq!((deadline(), remaining()), (Some(start + 5 * SECOND), Some(5 * SECOND)));
            clock.advance(2 * SECOND);
            assert_eq!((deadline(), remaining()), (Some(start + 5 * SECOND), Some(3 * SECOND)));
            Ok(())
        });
        assert!(looser.await.is_ok());
        let none = fail_fast::<&str>().run(async |_| Ok(deadline()));
        assert_eq!(none.await.ok(), Some(Some(start + 5 * SECOND)), "it is inherited");
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

fn children_see_the_deadline_of_their_scope() {
    let clock = TestClock::new();
    let start = clock.now();
    let mut run = by_hand(on(&clock).timeout(5 * SECOND).run(async |s| {
        let child = s.spawn(async { Ok(deadline()) });
        let deeper = s.spawn(async {
            fail_fast::<&str>()
                .run(async |s| Ok(s.spawn(async { Ok(deadline()) }).await))
                .await
                .map_err(|_| "late")
        });
        Ok((child.await, deeper.await))
    }));
    let at = Some(start + 5 * SECOND);
    assert_eq!(run.finish().ok(), Some((at, at)));
}

fn an_inner_deadline_that_is_nearer_is_reported_to_the_outer_scope_which_goes_on() {
    let clock = TestClock::new();
    let mut run = by_hand(on(&clock).timeout(5 * SECOND).run(async |_| {
        let inner = fail_fast::<&str>()
            .timeout(3 * SECOND)
            .run(async |_| pending::<Result<(), _>>().await);
        Ok(inner.await.expect_err("it was late").is_deadline_exceeded())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(3 * SECOND);
    assert_eq!(run.finish().ok(), Some(true));
}

fn when_both_expire_together_the_outer_one_is_reported_and_the_inner_one_never() {
    for inner in [5, 7] {
        let (clock, log) = (TestClock::new(), Log::new());
        let mut run = by_hand(on(&clock).timeout(5 * SECOND).run(async |_| {
            let inner = fail_fast::<&str>()
                .timeout(inner * SECOND)
                .run(async |_| pending::<Result<(), _>>().await);
            log.note(format!(
                "the inner scope returned {:?}",
                inner.await.map_err(|e| e.to_string())
            ));
            Ok(())
        }));
        assert!(run.poll_until_idle().is_pending());
        clock.advance(7 * SECOND);
        assert!(run.finish().expect_err("it was late").is_deadline_exceeded());
        assert!(log.entries().is_empty(), "{:?}", log.entries());
    }
}

fn a_value_of_the_inner_one_in_the_pass_in_which_both_expire_wins() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |_| {
        let inner = fail_fast::<&str>().timeout(SECOND).run(async |_| {
            gate.wait().await;
            Ok(7)
        });
        Ok(inner.await.expect("it has its value"))
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    gate.open();
    assert_eq!(run.finish().ok(), Some(7));
}

fn an_inner_timeout_that_is_not_nearer_stays_pending_when_both_fire() {
    for inner in [5, 7] {
        let (clock, log) = (TestClock::new(), Log::new());
        let mut run = by_hand(on(&clock).timeout(5 * SECOND).run(async |_| {
            let late = timeout(inner * SECOND, pending::<()>()).await;
            log.note(format!("the inner timeout returned {late:?}"));
            Ok(())
        }));
        assert!(run.poll_until_idle().is_pending());
        clock.advance(7 * SECOND);
        assert!(run.finish().expect_err("it was late").is_deadline_exceeded());
        assert!(log.entries().is_empty(), "{:?}", log.entries());
    }
}

fn the_inner_scope_of_a_late_outer_one_is_told_that_its_parent_was_cancelled() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |_| {
        let inner = fail_fast::<&str>().run(async |s| {
            s.spawn(async {
                log.note(format!("{:?}", purview::cancelled().await));
                Ok(())
            });
            pending::<Result<(), _>>().await
        });
        log.note(format!("{:?}", inner.await.expect_err("it was cancelled").reason()));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.finish().expect_err("it was late").is_deadline_exceeded());
    assert_eq!(log.entries(), ["Parent", "Parent"]);
}

fn a_settled_inner_scope_keeps_its_partial_results_from_its_own_deadline() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).timeout(5 * SECOND).run(async |_| {
        let inner = settled::<&str>().timeout(SECOND).run(async |s| {
            let (done, late) = (s.spawn(async { Ok(1) }), s.spawn(pending::<Result<u32, _>>()));
            Ok((done.await.ok(), late.await.is_err()))
        });
        let settlement = inner.await.expect("the body returned what it had");
        gate.wait().await;
        Ok((settlement.value, settlement.stopped))
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(
        run.finish().ok(),
        Some(((Some(1), true), Some(CancelReason::DeadlineExceeded)))
    );
}

polled_on_every_runtime!(
    the_nearest_is_the_effective_one_whichever_scope_has_it,
    children_see_the_deadline_of_their_scope,
    an_inner_deadline_that_is_nearer_is_reported_to_the_outer_scope_which_goes_on,
    when_both_expire_together_the_outer_one_is_reported_and_the_inner_one_never,
    a_value_of_the_inner_one_in_the_pass_in_which_both_expire_wins,
    an_inner_timeout_that_is_not_nearer_stays_pending_when_both_fire,
    the_inner_scope_of_a_late_outer_one_is_told_that_its_parent_was_cancelled,
    a_settled_inner_scope_keeps_its_partial_results_from_its_own_deadline,
);
