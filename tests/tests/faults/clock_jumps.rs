//! A clock that jumps an hour, ahead or back: deadlines are instants of that clock, and nothing else comes of it.

use std::{future::pending, time::Duration};

use futures::FutureExt;
use purview::{Timer, deadline, fail_fast, remaining, settled, shield, sleep, timeout};
use purview_tests::{AnyRuntime, Gate, TestClock, by_hand, yields};

use crate::{
    faulty::{Faulty, Timers},
    live::Live,
};

const MILLISECOND: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn ahead_over_a_deadline(runtime: AnyRuntime) {
    let (live, gate, faulty) = (Live::new(), Gate::new(), Faulty::with_timers(runtime, Timers::Faithful));
    let mut run = by_hand(
        fail_fast::<&str>()
            .runtime(faulty.clone())
            .timeout(MINUTE)
            .run(async |s| {
                s.spawn(live.within(pending::<Result<(), _>>()));
                gate.wait().await;
                assert_eq!(remaining(), Some(Duration::ZERO));
                pending::<Result<(), _>>().await
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    faulty.jump_ahead(HOUR);
    gate.open();
    assert!(run.finish().expect_err("time is up").is_deadline_exceeded());
    live.assert_dropped(1);
    assert_eq!(faulty.timers_alive(), 0);
}

fn ahead_over_every_deadline_at_once(runtime: AnyRuntime) {
    let (live, gate, faulty) = (Live::new(), Gate::new(), Faulty::with_timers(runtime, Timers::Faithful));
    let mut run = by_hand(
        fail_fast::<&str>()
            .runtime(faulty.clone())
            .timeout(2 * MINUTE)
            .run(async |s| {
                for minutes in 1..=3 {
                    let inner = timeout(minutes * MINUTE, live.within(gate.wait().then(|()| pending::<()>())));
                    s.spawn(inner.map(|late| if late.is_err() { Err("an inner one") } else { Ok(()) }));
                }
                Ok(())
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    faulty.jump_ahead(HOUR);
    gate.open();
    // One of them reports: the first inner failure is in time before the outer deadline counts.
    let error = run.finish().expect_err("time is up");
    assert!(error.is_failed() != error.is_deadline_exceeded(), "{error}");
    live.assert_dropped(3);
    assert_eq!(faulty.timers_alive(), 0);
}

fn ahead_while_a_grace_runs(runtime: AnyRuntime) {
    let (live, gate, faulty) = (Live::new(), Gate::new(), Faulty::with_timers(runtime, Timers::Faithful));
    let mut run = by_hand(
        fail_fast::<&str>()
            .runtime(faulty.clone())
            .grace(MINUTE)
            .run(async |s| {
                s.spawn(live.within(shield(gate.wait().then(|()| pending::<Result<(), _>>()))));
                yields(2).await;
                Err::<(), _>("no")
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    faulty.jump_ahead(HOUR);
    gate.open();
    assert!(run.finish().is_err());
    live.assert_dropped(1);
    assert_eq!(faulty.timers_alive(), 0);
}

/// A deadline that is an hour further off than it was: the timer fires, and it is not time.
async fn back_under_a_deadline(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_timers(runtime, Timers::Faithful));
    let out = fail_fast::<&str>()
        .runtime(faulty.clone())
        .timeout(3 * MILLISECOND)
        .run(async |s| {
            faulty.jump_back(HOUR);
            assert!(remaining().is_some_and(|left| left + MINUTE >= HOUR));
            let before = faulty.timers_made();
            // The timer of 3 ms has fired in vain when the scope has made another.
            while faulty.timers_made() < before + 2 {
                yields(1).await;
                sleep(MILLISECOND).await;
            }
            s.spawn(live.within(yields(3).map(Ok))).await;
            faulty.jump_ahead(2 * HOUR);
            yields(1).await;
            s.spawn(live.within(pending::<Result<(), _>>())).await;
            Ok(())
        });
    assert!(out.await.expect_err("time is up").is_deadline_exceeded());
    assert!(live.made() <= 2 && live.alive() == 0);
    assert_eq!(faulty.timers_alive(), 0);
}

fn back_under_sleepers(_: AnyRuntime) {
    // The clock and its timers are the test's own here, so that nothing happens by itself.
    let (live, clock) = (Live::new(), TestClock::new());
    let faulty = Faulty::with_timers(std::sync::Arc::new(clock.clone()), Timers::Faithful);
    let mut run = by_hand(settled::<&str>().runtime(faulty.clone()).run(async |s| {
        let sleeps = s.spawn(live.within(sleep(MINUTE).map(Ok)));
        let late = s.spawn(live.within(timeout(MINUTE, pending::<()>()).map(|late| Ok(late.is_err()))));
        sleeps.await.expect("it slept");
        Ok(late.await.is_ok_and(|late| late))
    }));
    assert!(run.poll_until_idle().is_pending());
    faulty.jump_back(HOUR);
    clock.advance(MINUTE);
    assert!(run.poll_until_idle().is_pending());
    assert_eq!((live.alive(), clock.timers_alive()), (2, 2));
    clock.advance(HOUR);
    assert!(run.finish().expect("the body worked").value);
    live.assert_dropped(2);
    assert_eq!(faulty.timers_alive(), 0);
}

/// To and fro, while everything runs: what does not look at the clock does not notice.
async fn to_and_fro(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_timers(runtime, Timers::Faithful));
    let out = fail_fast::<&str>()
        .runtime(faulty.clone())
        .timeout(12 * HOUR)
        .grace(HOUR)
        .limit(4)
        .run(async |s| {
            let end = deadline();
            let mut tasks = Vec::new();
            for i in 0..100 {
                if i % 2 == 0 {
                    faulty.jump_ahead(HOUR);
                } else {
                    faulty.jump_back(HOUR);
                }
                tasks.push(s.spawn(live.within(timeout(5 * HOUR, yields(i % 5)).map(|late| Ok(late.is_ok())))));
                tasks.push(s.spawn_parallel(live.within(yields(i % 5).map(|()| Ok(true)))));
                yields(1).await;
            }
            assert_eq!(deadline(), end);
            let mut in_time = 0;
            for task in tasks {
                in_time += usize::from(task.await);
            }
            Ok(in_time)
        });
    assert_eq!(out.await.ok(), Some(200));
    live.all_dropped(200).await;
    assert_eq!(faulty.timers_alive(), 0);
}

/// A deadline given as an instant, of which the clock is now past, or not yet.
async fn before_a_scope_begins(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_timers(runtime, Timers::Faithful));
    let at = faulty.now() + MINUTE;
    let scope = |live: &Live| {
        let value = live.value();
        let scope = fail_fast::<&str>().runtime(faulty.clone()).deadline(at);
        scope.run(async move |s| {
            let _value = value;
            s.spawn(yields(3).map(Ok)).await;
            Ok(())
        })
    };
    faulty.jump_ahead(HOUR);
    assert!(scope(&live).await.expect_err("it is too late").is_deadline_exceeded());
    faulty.jump_back(2 * HOUR);
    assert!(scope(&live).await.is_ok());
    live.assert_dropped(2);
    assert_eq!(faulty.timers_alive(), 0);
}

faults! {
    run {
        back_under_a_deadline,
        to_and_fro,
        before_a_scope_begins,
    }
    by_hand {
        ahead_over_a_deadline,
        ahead_over_every_deadline_at_once,
        ahead_while_a_grace_runs,
        back_under_sleepers,
    }
}
