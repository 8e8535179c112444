//! A runtime whose clock works and whose timers panic when they are made: the poll that asks for one panics, no more.

use std::{future::pending, time::Duration};

use futures::FutureExt;
use purview::{TaskError, fail_fast, gather, settled, shield, sleep, timeout};
use purview_tests::{AnyRuntime, Gate, by_hand, caught, yields};

use crate::{
    faulty::{Faulty, Timers, Work},
    live::Live,
    wakers::panics,
};

/// Longer than any test takes: the clock is the runtime's, and goes on by itself.
const HOUR: Duration = Duration::from_secs(60 * 60);

async fn that_is_not_needed(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_timers(runtime, Timers::Panic));
    let out = fail_fast::<&str>().runtime(faulty).timeout(HOUR).run(async |s| {
        let here = s.spawn(live.within(async { Ok(1) }));
        Ok(here.await)
    });
    // No timer is made before a task has to wait.
    assert_eq!(out.await.ok(), Some(1));
    live.assert_dropped(1);
}

async fn in_children(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_timers(runtime, Timers::Panic));
    let out = settled::<&str>().runtime(faulty).run(async |s| {
        let tasks = [
            s.spawn(live.within(sleep(HOUR).map(Ok))),
            s.spawn(live.within(timeout(HOUR, pending::<()>()).map(|_| Ok(())))),
            s.spawn_parallel(live.within(sleep(HOUR).map(Ok))),
            s.spawn(live.within(shield(sleep(HOUR)).map(Ok))),
            s.spawn(
                live.within(
                    gather([live.within(pending::<Result<(), ()>>())])
                        .timeout(HOUR)
                        .map(|_| Ok(())),
                ),
            ),
        ];
        for task in tasks {
            assert!(matches!(task.await, Err(TaskError::Panicked(panic)) if panic.message() == Some("no timer today")));
        }
        Ok(s.spawn(live.within(yields(3).map(|()| Ok(7)))).await.ok())
    });
    assert_eq!(out.await.expect("the body worked").value, Some(7));
    live.all_dropped(7).await;
}

/// The deadline is the scope's own, so it is the scope's poll that panics; it can be polled on, and dropped.
fn for_the_deadline_of_the_scope(runtime: AnyRuntime) {
    let (live, gate, faulty) = (Live::new(), Gate::new(), Faulty::with_timers(runtime, Timers::Panic));
    let built = || fail_fast::<&str>().runtime(faulty.clone()).timeout(HOUR);
    let mut run = by_hand(built().run(async |s| Ok(s.spawn(live.within(gate.wait().map(|()| Ok(7)))).await)));
    for _ in 0..3 {
        assert!(panics(|| drop(run.poll())));
    }
    gate.open();
    assert_eq!(run.finish().ok(), Some(7));
    let mut dropped = by_hand(built().run(async |s| {
        s.spawn(live.within(pending::<Result<(), _>>()));
        pending::<Result<(), _>>().await
    }));
    assert!(panics(|| drop(dropped.poll())));
    drop(dropped);
    live.assert_dropped(2);
}

async fn of_every_kind_at_once(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::new(runtime, Timers::Panic, Work::Panic));
    let value = live.value();
    let out = settled::<&str>().runtime(faulty).run(async |s| {
        let parallel = s.spawn_parallel(live.within(yields(3).map(|()| Ok(1))));
        let closure = s.spawn_blocking(move |_| {
            drop(value);
            Ok(2)
        });
        let sleeps = s.spawn(live.within(sleep(HOUR).map(Ok)));
        assert!(matches!(closure.await, Err(TaskError::Cancelled(_))));
        assert!(matches!(sleeps.await, Err(TaskError::Panicked(_))));
        Ok(parallel.await.ok())
    });
    assert_eq!(
        caught(out).await.map(|out| out.ok().and_then(|out| out.value)),
        Ok(Some(1))
    );
    live.assert_dropped(3);
}

faults! {
    run {
        that_is_not_needed,
        in_children,
        of_every_kind_at_once,
    }
    by_hand {
        for_the_deadline_of_the_scope,
    }
}
