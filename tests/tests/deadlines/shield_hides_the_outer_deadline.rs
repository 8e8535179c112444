//! A shield hides the deadline around it, not one set inside it.

use std::{future::pending, time::Duration};

use purview::{Builder, DeadlineExceeded, FailFast, Timer, deadline, fail_fast, remaining, shield, timeout};
use purview_tests::{Gate, Log, TestClock, by_hand, polled_on_every_runtime};

const SECOND: Duration = Duration::from_secs(1);

fn on(clock: &TestClock) -> Builder<FailFast<&'static str>> {
    fail_fast().runtime(clock.clone())
}

fn inside_it_there_is_no_deadline() {
    let clock = TestClock::new();
    let at = clock.now() + SECOND;
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |_| {
        assert_eq!(deadline(), Some(at));
        assert_eq!(shield(async { (deadline(), remaining()) }).await, (None, None));
        assert_eq!(deadline(), Some(at), "it is back afterwards");
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

fn a_scope_inside_it_runs_past_the_outer_deadline() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |_| {
        let inner = fail_fast::<&str>().run(async |s| {
            s.spawn(async {
                gate.wait().await;
                Ok("saved")
            })
            .await;
            Ok(s.is_cancelled())
        });
        log.note(format!("{:?}", shield(inner).await.ok()));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert!(run.finish().expect_err("it was late").is_deadline_exceeded());
    assert_eq!(log.entries(), ["Some(false)"]);
}

fn a_deadline_set_inside_it_still_fires() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |_| {
        let late = shield(async {
            let of_scope = fail_fast::<&str>()
                .timeout(2 * SECOND)
                .run(async |_| pending::<Result<(), _>>().await);
            let of_scope = of_scope.await.expect_err("it was late").is_deadline_exceeded();
            (of_scope, timeout(2 * SECOND, pending::<()>()).await)
        });
        log.note(format!("{:?}", late.await));
        Ok(())
    }));
    for _ in 0..4 {
        assert!(run.poll_until_idle().is_pending());
        clock.advance(SECOND);
    }
    assert!(run.finish().expect_err("it was late").is_deadline_exceeded());
    assert_eq!(log.entries(), [format!("{:?}", (true, Err::<(), _>(timed_out())))]);
}

/// The error of a timeout, made without waiting.
fn timed_out() -> DeadlineExceeded {
    by_hand(timeout(Duration::ZERO, pending::<()>()))
        .finish()
        .expect_err("zero is past")
}

fn a_deadline_set_inside_it_is_seen_inside_it() {
    let clock = TestClock::new();
    let start = clock.now();
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |_| {
        let inner = fail_fast::<&str>().timeout(9 * SECOND).run(async |_| Ok(deadline()));
        Ok(shield(inner).await.ok().flatten())
    }));
    assert_eq!(run.finish().ok(), Some(Some(start + 9 * SECOND)));
}

polled_on_every_runtime!(
    inside_it_there_is_no_deadline,
    a_scope_inside_it_runs_past_the_outer_deadline,
    a_deadline_set_inside_it_still_fires,
    a_deadline_set_inside_it_is_seen_inside_it,
);
