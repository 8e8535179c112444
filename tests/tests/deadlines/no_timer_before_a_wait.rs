//! A scope that need not wait makes no timer, and one that waits makes one.

use std::{future::pending, time::Duration};

use purview::{Builder, FailFast, Timer, fail_fast, sleep, sleep_until, timeout};
use purview_tests::{Gate, TestClock, by_hand, polled_on_every_runtime, yields};

const SECOND: Duration = Duration::from_secs(1);

fn on(clock: &TestClock) -> Builder<FailFast<&'static str>> {
    fail_fast().runtime(clock.clone())
}

fn a_scope_that_is_ready_in_its_first_poll_makes_none() {
    let clock = TestClock::new();
    let mut run = by_hand(
        on(&clock)
            .timeout(SECOND)
            .run(async |s| Ok(s.spawn(async { Ok(7) }).await)),
    );
    assert_eq!(run.finish().ok(), Some(7));
    assert_eq!(clock.timers_created(), 0);
}

fn a_scope_without_a_deadline_makes_none_however_long_it_waits() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).grace(SECOND).run(async |_| {
        gate.wait().await;
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert!(run.finish().is_ok());
    assert_eq!(clock.timers_created(), 0);
}

fn a_scope_that_waits_makes_one_however_often_it_is_polled() {
    let clock = TestClock::new();
    let mut run = by_hand(on(&clock).timeout(SECOND).run(async |s| {
        s.spawn(async {
            yields(100).await;
            Ok(())
        });
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    for _ in 0..10 {
        assert!(run.poll().is_pending());
    }
    assert_eq!((clock.timers_created(), clock.timers_alive()), (1, 1));
    drop(run);
    assert_eq!(clock.timers_alive(), 0, "it goes with the scope");
}

fn a_timeout_that_is_not_needed_makes_none() {
    let clock = TestClock::new();
    let mut run = by_hand(on(&clock).run(async |_| timeout(SECOND, async { 7 }).await.map_err(|_| "late")));
    assert_eq!(run.finish().ok(), Some(7));
    assert_eq!(clock.timers_created(), 0);
}

fn a_timeout_that_has_its_value_and_is_kept_keeps_none() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut run = by_hand(on(&clock).run(async |_| {
        let mut kept = Box::pin(timeout(SECOND, gate.wait()));
        (&mut kept).await.map_err(|_| "late")?;
        let alive = clock.timers_alive();
        drop(kept);
        Ok(alive)
    }));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(clock.timers_alive(), 1);
    gate.open();
    assert_eq!(run.finish().ok(), Some(0));
}

fn a_sleep_whose_time_has_come_makes_none() {
    let clock = TestClock::new();
    let mut run = by_hand(on(&clock).run(async |_| {
        sleep(Duration::ZERO).await;
        sleep_until(clock.now()).await;
        Ok(())
    }));
    assert!(run.poll().is_ready());
    assert_eq!(clock.timers_created(), 0);
}

polled_on_every_runtime!(
    a_sleep_whose_time_has_come_makes_none,
    a_timeout_that_has_its_value_and_is_kept_keeps_none,
    a_scope_that_is_ready_in_its_first_poll_makes_none,
    a_scope_without_a_deadline_makes_none_however_long_it_waits,
    a_scope_that_waits_makes_one_however_often_it_is_polled,
    a_timeout_that_is_not_needed_makes_none,
);
