//! Until the scope is cancelled its deadline can be moved both ways, from inside and outside.

use std::{
    future::pending,
    time::{Duration, Instant},
};

use purview::{Builder, FailFast, Scope, Timer, deadline, fail_fast, remaining, shield};
use purview_tests::{ByHand, Gate, TestClock, by_hand, polled_on_every_runtime};

const SECOND: Duration = Duration::from_secs(1);

type Handle = Scope<'static, FailFast<&'static str>>;

fn on(clock: &TestClock) -> Builder<FailFast<&'static str>> {
    fail_fast().runtime(clock.clone())
}

/// A scope that waits for ever under `builder`, polled until idle, and its handle.
fn waiting(builder: Builder<FailFast<&'static str>>) -> (ByHand<impl Future<Output = bool>>, Handle) {
    let mut handle = None;
    let run = builder.run(|s: Handle| {
        handle = Some(s);
        pending::<Result<(), _>>()
    });
    let mut late = by_hand(async { run.await.expect_err("it never returns").is_deadline_exceeded() });
    assert!(late.poll_until_idle().is_pending());
    (late, handle.expect("the closure ran"))
}

fn extended_from_inside_a_child_it_does_not_fire_at_the_old_time() {
    let clock = TestClock::new();
    let extended: Instant = clock.now() + 3 * SECOND;
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |s| {
        let handle = s.clone();
        s.spawn(async move {
            handle.set_deadline(Some(extended)).expect("it runs");
            assert_eq!((deadline(), remaining()), (Some(extended), Some(3 * SECOND)));
            Ok(())
        });
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(2 * SECOND);
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.finish().expect_err("it was late").is_deadline_exceeded());
}

fn taken_away_it_never_fires() {
    let clock = TestClock::new();
    let (mut run, handle) = waiting(on(&clock).timeout(SECOND));
    handle.set_deadline(None).expect("it runs");
    clock.advance(100 * SECOND);
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(clock.timers_alive(), 0);
}

fn shortened_to_the_past_it_fires_at_once() {
    let clock = TestClock::new();
    let start = clock.now();
    let (mut run, handle) = waiting(on(&clock).timeout(100 * SECOND));
    clock.advance(SECOND);
    let wakes = run.wakes();
    handle.set_deadline(start).expect("it runs");
    assert!(run.wakes() > wakes, "the scope is woken for it");
    assert!(run.finish());
}

fn shortened_it_fires_at_the_new_time() {
    let clock = TestClock::new();
    let (mut run, handle) = waiting(on(&clock).timeout(100 * SECOND));
    handle.set_deadline(clock.now() + 2 * SECOND).expect("it runs");
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.finish());
}

fn set_on_a_scope_without_one_it_fires() {
    let clock = TestClock::new();
    let (mut run, handle) = waiting(on(&clock));
    handle.set_deadline(clock.now() + SECOND).expect("it runs");
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.finish());
}

fn set_and_then_advanced_without_a_poll_between_it_fires() {
    let clock = TestClock::new();
    let (mut run, handle) = waiting(on(&clock));
    handle.set_deadline(clock.now() + SECOND).expect("it runs");
    clock.advance(SECOND);
    assert!(run.finish());
}

fn on_a_cancelled_scope_it_is_refused() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).run(async |s| {
        s.cancel();
        assert!(s.set_deadline(clock.now() + SECOND).is_err());
        assert!(s.set_deadline(None).is_err());
        shield(gate.wait()).await;
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert!(run.finish().expect_err("it was cancelled").is_cancelled());
}

fn after_it_fired_it_is_refused() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut handle = None;
    let slot = &mut handle;
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |s| {
        *slot = Some(s.clone());
        shield(gate.wait()).await;
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(SECOND);
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert!(run.finish().expect_err("it was late").is_deadline_exceeded());
    drop(run);
    assert!(handle.expect("the body ran").set_deadline(None).is_err());
}

fn moving_the_outer_one_moves_the_effective_one_of_the_inner() {
    let clock = TestClock::new();
    let start = clock.now();
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |outer| {
        let inner = fail_fast::<&str>().timeout(5 * SECOND).run(async |_| {
            assert_eq!(deadline(), Some(start + SECOND));
            outer.set_deadline(start + 3 * SECOND).expect("it runs");
            assert_eq!(deadline(), Some(start + 3 * SECOND));
            outer.set_deadline(None).expect("it runs");
            assert_eq!(deadline(), Some(start + 5 * SECOND), "its own is left");
            Ok(())
        });
        assert!(inner.await.is_ok());
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

polled_on_every_runtime!(
    extended_from_inside_a_child_it_does_not_fire_at_the_old_time,
    taken_away_it_never_fires,
    shortened_to_the_past_it_fires_at_once,
    shortened_it_fires_at_the_new_time,
    set_on_a_scope_without_one_it_fires,
    set_and_then_advanced_without_a_poll_between_it_fires,
    on_a_cancelled_scope_it_is_refused,
    after_it_fired_it_is_refused,
    moving_the_outer_one_moves_the_effective_one_of_the_inner,
);
