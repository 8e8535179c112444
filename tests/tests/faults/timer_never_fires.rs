//! A timer that never fires: what does not need it does not notice, and the clock is believed all the same.

use std::{future::pending, time::Duration};

use futures::FutureExt;
use purview::{fail_fast, gather, retry, settled, sleep, timeout};
use purview_tests::{AnyRuntime, Gate, by_hand, yields};

use crate::{
    faulty::{Faulty, Timers},
    live::Live,
};

/// Longer than any test takes: the clock is the runtime's, and goes on by itself.
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn for_a_scope_that_ends_in_time(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_timers(runtime, Timers::Never));
    let out = fail_fast::<&str>()
        .runtime(faulty.clone())
        .timeout(HOUR)
        .grace(HOUR)
        .run(async |s| {
            let first = s.spawn(live.within(yields(3).map(|()| Ok(1))));
            let second = s.spawn(live.within(timeout(HOUR, yields(3)).map(|late| Ok(late.map_or(0, |()| 2)))));
            let third = s.spawn_parallel(live.within(timeout(HOUR, yields(3)).map(|late| Ok(late.map_or(0, |()| 4)))));
            Ok(first.await + second.await + third.await)
        });
    assert_eq!(out.await.ok(), Some(7));
    live.all_dropped(3).await;
    assert!(faulty.timers_made() > 0);
    assert_eq!(faulty.timers_alive(), 0);
}

/// Woken for whatever reason, a scope sees that its time is up.
fn for_a_deadline_that_has_passed(runtime: AnyRuntime) {
    let (live, gate, faulty) = (Live::new(), Gate::new(), Faulty::with_timers(runtime, Timers::Never));
    let mut run = by_hand(settled::<&str>().runtime(faulty.clone()).timeout(HOUR).run(async |s| {
        let child = s.spawn(live.within(gate.wait().then(|()| pending::<Result<(), _>>())));
        Ok(child.await.is_err())
    }));
    assert!(run.poll_until_idle().is_pending());
    faulty.jump_ahead(DAY);
    gate.open();
    let settlement = run.finish().expect("the body had a value");
    assert!(settlement.value);
    assert_eq!(settlement.stopped, Some(purview::CancelReason::DeadlineExceeded));
    live.assert_dropped(1);
    assert_eq!(faulty.timers_alive(), 0);
}

/// Sleepers sleep on, and cancelling them takes no wait.
async fn for_sleepers_that_are_cancelled(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_timers(runtime, Timers::Never));
    let out = settled::<&str>().runtime(faulty.clone()).run(async |s| {
        let mut tasks = Vec::new();
        for _ in 0..5 {
            tasks.push(s.spawn(live.within(sleep(HOUR).map(Ok))));
            tasks.push(s.spawn_parallel(live.within(sleep(HOUR).map(Ok))));
            tasks.push(s.spawn(live.within(timeout(HOUR, pending::<()>()).map(|_| Ok(())))));
        }
        while faulty.timers_alive() < 15 {
            yields(1).await;
        }
        for task in &tasks {
            task.cancel();
        }
        for task in tasks {
            assert!(task.await.is_err());
        }
        Ok(())
    });
    assert!(out.await.is_ok());
    live.all_dropped(15).await;
    assert_eq!(faulty.timers_alive(), 0);
}

fn for_a_scope_that_is_dropped(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_timers(runtime, Timers::Never));
    let mut run = by_hand(
        fail_fast::<&str>()
            .runtime(faulty.clone())
            .timeout(HOUR)
            .run(async |s| {
                s.spawn(live.within(sleep(HOUR).map(Ok)));
                s.spawn(live.within(timeout(HOUR, pending::<()>()).map(|_| Ok(()))));
                s.spawn(live.within(gather([sleep(HOUR).map(Ok::<_, &str>)]).timeout(HOUR).map(|_| Ok(()))));
                s.spawn(live.within(retry([HOUR; 3], async || Err::<(), _>("no")).map(|_| Ok(()))));
                pending::<Result<(), _>>().await
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    assert!(faulty.timers_alive() >= 5);
    drop(run);
    live.assert_dropped(4);
    assert_eq!(faulty.timers_alive(), 0);
}

/// A grace that nothing ends but the end of what holds.
fn for_a_grace(runtime: AnyRuntime) {
    let (live, gate, faulty) = (Live::new(), Gate::new(), Faulty::with_timers(runtime, Timers::Never));
    let mut run = by_hand(fail_fast::<&str>().runtime(faulty.clone()).grace(HOUR).run(async |s| {
        s.spawn(live.within(purview::shield(gate.wait().map(Ok))));
        s.spawn(live.within(purview::shield(pending::<Result<(), _>>())));
        yields(2).await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(live.alive(), 2);
    faulty.jump_ahead(DAY);
    gate.open();
    assert_eq!(run.finish().expect_err("the body failed").into_failure(), Some("no"));
    live.assert_dropped(2);
    assert_eq!(faulty.timers_alive(), 0);
}

faults! {
    run {
        for_a_scope_that_ends_in_time,
        for_sleepers_that_are_cancelled,
    }
    by_hand {
        for_a_deadline_that_has_passed,
        for_a_scope_that_is_dropped,
        for_a_grace,
    }
}
