//! A timer that is ready at once, whatever the time: the clock decides, and no task gets the thread for good.

use std::{future::pending, time::Duration};

use futures::FutureExt;
use purview::{Timer, fail_fast, gather, settled, shield, sleep, timeout};
use purview_tests::{AnyRuntime, Gate, PollCount, by_hand, yields};

use crate::{
    faulty::{Faulty, Timers},
    live::Live,
};

/// Longer than any test takes: the clock is the runtime's, and goes on by itself.
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// More polls than are needed to see that the time has not come.
const PATIENCE: usize = 1_000;

async fn for_children_that_are_in_time(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_timers(runtime, Timers::Early));
    let out = fail_fast::<&str>().runtime(faulty.clone()).timeout(DAY).run(async |s| {
        let mut sum = 0;
        for i in 0..20 {
            sum += s
                .spawn(live.within(timeout(DAY, yields(i)).map(|late| Ok(late.map_or(0, |()| 1)))))
                .await;
            sum += s
                .spawn_parallel(live.within(timeout(DAY, yields(i)).map(|late| Ok(late.map_or(0, |()| 1)))))
                .await;
        }
        Ok(sum)
    });
    assert_eq!(out.await.ok(), Some(40));
    live.all_dropped(40).await;
    assert_eq!(faulty.timers_alive(), 0);
}

fn for_a_deadline_and_sleepers(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_timers(runtime, Timers::Early));
    let mut run = by_hand(
        fail_fast::<&str>()
            .runtime(faulty.clone())
            .timeout(2 * HOUR)
            .run(async |s| {
                let now = faulty.now();
                s.spawn(live.within(sleep(HOUR).map(|()| Ok(())))).await;
                assert!(faulty.now() >= now + HOUR, "it slept");
                s.spawn(live.within(timeout(DAY, pending::<()>()).map(|_| Ok(()))))
                    .await;
                Ok(())
            }),
    );
    assert!((0..PATIENCE).all(|_| run.poll().is_pending()));
    assert_eq!(live.made(), 1);
    faulty.jump_ahead(HOUR);
    assert!((0..PATIENCE).all(|_| run.poll().is_pending()));
    assert_eq!((live.made(), live.alive()), (2, 1));
    faulty.jump_ahead(HOUR);
    assert!(run.finish().expect_err("time is up").is_deadline_exceeded());
    live.assert_dropped(2);
    assert_eq!(faulty.timers_alive(), 0);
}

/// Each poll of a scope whose timer is always early is one turn, and the others get theirs.
fn for_the_siblings(runtime: AnyRuntime) {
    let (live, polls, gate) = (Live::new(), PollCount::new(), Gate::new());
    let faulty = Faulty::with_timers(runtime, Timers::Early);
    let mut run = by_hand(settled::<&str>().runtime(faulty.clone()).timeout(DAY).run(async |s| {
        for _ in 0..10 {
            s.spawn(live.within(polls.of(sleep(HOUR)).map(Ok)));
        }
        s.spawn(live.within(gate.wait().map(Ok))).await.expect("it is woken");
        Ok(())
    }));
    for _ in 0..PATIENCE {
        assert!(run.poll().is_pending());
    }
    // A pass ends with the first sibling that comes up twice in it, or the one behind it.
    assert!(polls.get() <= 12 * PATIENCE);
    gate.open();
    faulty.jump_ahead(HOUR);
    assert!(run.finish().is_ok());
    live.assert_dropped(11);
    assert_eq!(faulty.timers_alive(), 0);
}

fn for_a_grace(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_timers(runtime, Timers::Early));
    let mut run = by_hand(fail_fast::<&str>().runtime(faulty.clone()).grace(HOUR).run(async |s| {
        s.spawn(live.within(shield(pending::<Result<(), _>>())));
        yields(2).await;
        Err::<(), _>("no")
    }));
    assert!((0..PATIENCE).all(|_| run.poll().is_pending()));
    assert_eq!(live.alive(), 1);
    faulty.jump_ahead(HOUR);
    assert!(run.finish().is_err());
    live.assert_dropped(1);
    assert_eq!(faulty.timers_alive(), 0);
}

fn for_a_gather(runtime: AnyRuntime) {
    let (live, faulty) = (Live::new(), Faulty::with_timers(runtime, Timers::Early));
    let waits = |live: &Live| live.within(pending::<Result<(), &str>>());
    let mut all = by_hand(
        gather((0..3).map(|_| waits(&live)))
            .runtime(faulty.clone())
            .timeout(HOUR),
    );
    let mut mixed = by_hand(
        purview::gather!(waits(&live), waits(&live))
            .runtime(faulty.clone())
            .timeout(HOUR),
    );
    assert!((0..PATIENCE).all(|_| all.poll().is_pending() && mixed.poll().is_pending()));
    faulty.jump_ahead(HOUR);
    assert!(all.finish().expect_err("time is up").is_deadline_exceeded());
    assert!(mixed.finish().expect_err("time is up").is_deadline_exceeded());
    drop((all, mixed));
    live.assert_dropped(5);
    assert_eq!(faulty.timers_alive(), 0);
}

faults! {
    run {
        for_children_that_are_in_time,
    }
    by_hand {
        for_a_deadline_and_sleepers,
        for_the_siblings,
        for_a_grace,
        for_a_gather,
    }
}
