//! Ages, deadlines and graces are those of the clock.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt, StreamExt, stream};
use purview::{
    CancelReason, Timer, fail_fast, gather_stream,
    inspect::{Inspector, Options, Queued, Snapshot, State},
    settled, shield, sleep,
};
use purview_tests::{Gate, TestClock, by_hand, yield_now};

use crate::{inspected, never, node};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_task_is_as_old_as_it_is_and_idle_since_its_last_poll() {
    let (inspector, _installed, clock) = inspected(Options::new());
    let (service, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    let gate = Gate::new();
    let waits = gate.clone();
    service.task().name("child").spawn::<(), _>(async move {
        loop {
            waits.wait().await;
        }
    });
    clock.advance(SECOND);
    let tree = inspector.snapshot();
    assert_eq!(node(&tree, "child").state, State::Queued(Queued::Turn));
    assert!(driver.poll().is_pending());
    clock.advance(3 * SECOND);
    gate.wake();
    assert!(driver.poll().is_pending());
    clock.advance(5 * SECOND);
    let tree = inspector.snapshot();
    let child = node(&tree, "child");
    assert_eq!(child.age, 9 * SECOND);
    assert_eq!(child.state, State::Idle(5 * SECOND));
    assert_eq!(
        (child.polls, child.busy, child.polled),
        (2, Some(Duration::ZERO), Some(5 * SECOND))
    );
    assert_eq!(tree.nodes()[0].age, 9 * SECOND);
}

#[test]
fn what_begins_with_the_clock_is_as_old_as_it_is() {
    let clock = TestClock::new();
    let inspector = Inspector::new(Options::new(), Some(clock.now()), None);
    let _installed = inspector.install(Arc::new(clock.clone()));
    let (service, _driver) = settled::<()>().open();
    service.task().name("child").spawn(never());
    clock.advance(SECOND);
    let tree = inspector.snapshot();
    assert_eq!((node(&tree, "child").age, tree.nodes()[0].age), (SECOND, SECOND));
}

#[test]
fn polls_are_timed() {
    let (inspector, _installed, clock) = inspected(Options::new());
    let time = clock.clone();
    let mut run = by_hand(settled::<()>().run(async |s| {
        s.task().name("busy").spawn(async move {
            for seconds in [2, 5, 1] {
                time.advance(seconds * SECOND);
                yield_now().await;
            }
            never().await
        });
        never().await
    }));
    assert!(run.poll_until_idle().is_pending());
    let tree = inspector.snapshot();
    let busy = node(&tree, "busy");
    assert_eq!((busy.busy, busy.longest), (Some(8 * SECOND), Some(5 * SECOND)));
    assert!(busy.to_string().contains("polls 4 busy 8.0 s longest 5.0 s"), "{busy}");
}

/// A child that takes two seconds in each of two polls, and a second later in its third.
fn after_three_polls(options: Options) -> Snapshot {
    let (inspector, _installed, clock) = inspected(options);
    let (service, driver) = settled::<()>().name("service").open();
    let mut driver = by_hand(driver);
    let gate = Gate::new();
    let (time, waits) = (clock.clone(), gate.clone());
    service.task().name("child").spawn(async move {
        time.advance(2 * SECOND);
        yield_now().await;
        time.advance(2 * SECOND);
        waits.wait().await;
        never().await
    });
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(SECOND);
    gate.wake();
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(3 * SECOND);
    inspector.snapshot()
}

#[test]
fn without_the_times_of_polls_the_rest_of_the_tree_is_known() {
    let tree = after_three_polls(Options::new().times(false));
    let child = node(&tree, "child");
    assert_eq!((child.polls, child.busy, child.longest), (3, None, None));
    assert_eq!(child.age, 8 * SECOND);
    assert_eq!(child.state, State::Idle(3 * SECOND), "since the last pass");
    let line = child.to_string();
    assert!(line.contains(", polls 3") && !line.contains("busy"), "{line}");
    let child = after_three_polls(Options::new());
    assert_eq!(node(&child, "child").busy, Some(4 * SECOND));
}

#[test]
fn slow_polls_are_seen_where_the_times_of_polls_are_turned_off() {
    let tree = after_three_polls(Options::new().slow_poll(SECOND).times(false));
    assert_eq!(node(&tree, "child").longest, Some(2 * SECOND));
}

#[test]
fn what_is_spawned_between_two_passes_is_as_old_as_it_is_without_the_times_of_polls() {
    let (inspector, _installed, clock) = inspected(Options::new().times(false));
    let (service, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    service.task().name("first").spawn(never());
    assert!(driver.poll().is_pending());
    clock.advance(SECOND);
    service.task().name("second").spawn(never());
    clock.advance(SECOND);
    let tree = inspector.snapshot();
    assert_eq!(
        (node(&tree, "first").age, node(&tree, "second").age),
        (2 * SECOND, SECOND)
    );
}

#[test]
fn without_the_times_of_polls_an_outer_scope_goes_on_after_an_inner_one() {
    let (inspector, _installed, clock) = inspected(Options::new().times(false));
    let (time, later) = (clock.clone(), clock.clone());
    let mut run = by_hand(settled::<()>().run(async move |s| {
        s.task().name("nests").spawn(async move {
            let inner = settled::<()>().run(async |_| {
                time.advance(SECOND);
                never().await
            });
            inner.await.map(drop).map_err(drop)
        });
        s.task().name("after").spawn(async move {
            later.advance(SECOND);
            never().await
        });
        never().await
    }));
    assert!(run.poll_until_idle().is_pending());
    let tree = inspector.snapshot();
    // In one pass of the outer scope, which is looked at again after the inner one.
    assert_eq!(node(&tree, "after").state, State::Idle(SECOND), "{tree}");
}

#[test]
fn what_its_source_takes_is_no_time_of_a_future() {
    let (inspector, _installed, clock) = inspected(Options::new());
    let gate = Gate::new();
    let opens = async {
        gate.open();
        never::<()>().await
    };
    let late = gate.wait().map(|()| {
        clock.advance(5 * SECOND);
        async {
            clock.advance(SECOND);
            never().await
        }
        .right_future()
    });
    let source = stream::iter([opens.left_future()]).chain(stream::once(late));
    let mut run = by_hand(gather_stream(source).name("all").limit(3).settled());
    // In one pass: nothing else shows that time has passed.
    assert!(run.poll().is_pending());
    let tree = inspector.snapshot();
    let busy = |name| (node(&tree, name).polls, node(&tree, name).busy);
    assert_eq!(
        (busy("all/0"), busy("all/1")),
        ((1, Some(Duration::ZERO)), (1, Some(SECOND))),
        "{tree}"
    );
}

#[test]
fn the_time_that_is_left_is_that_of_the_earliest_deadline_around() {
    let (inspector, _installed, clock) = inspected(Options::new());
    let inner = async || {
        let inner = fail_fast::<()>()
            .name("inner")
            .timeout(60 * SECOND)
            .run(async |_| never().await);
        let hidden = shield(fail_fast::<()>().name("hidden").run(async |_| never().await));
        let _ = futures::future::join(inner, hidden).await;
    };
    let mut run = by_hand(fail_fast::<()>().name("outer").timeout(10 * SECOND).run(async |_| {
        inner().await;
        Ok(())
    }));
    assert!(run.poll().is_pending());
    clock.advance(4 * SECOND);
    let tree = inspector.snapshot();
    assert_eq!(node(&tree, "outer").left, Some(6 * SECOND));
    assert_eq!(node(&tree, "inner").left, Some(6 * SECOND));
    assert_eq!(node(&tree, "hidden").left, None, "a shield is between");
}

#[test]
fn a_grace_is_shown_until_it_ends() {
    let (inspector, _installed, clock) = inspected(Options::new());
    let gate = Gate::new();
    let held = gate.wait();
    let (service, driver) = settled::<()>().name("service").grace(10 * SECOND).open();
    let mut driver = by_hand(driver);
    service.task().name("holds").spawn(async {
        shield(held).await;
        Ok(())
    });
    assert!(driver.poll().is_pending());
    clock.advance(2 * SECOND);
    service.cancel();
    assert!(driver.poll().is_pending());
    clock.advance(3 * SECOND);
    let tree = inspector.snapshot();
    for name in ["service", "holds"] {
        let stopping = node(&tree, name).stopping.clone().expect("it is told");
        assert_eq!(stopping.reason, CancelReason::Requested(None));
        assert_eq!((stopping.since, stopping.grace), (Some(3 * SECOND), Some(7 * SECOND)));
    }
    assert_eq!(node(&tree, "holds").holding[0].since, 5 * SECOND);
    gate.open();
    driver.finish().ok();
}

#[test]
fn a_shutdown_is_a_grace_in_which_nothing_is_dropped() {
    let (inspector, _installed, clock) = inspected(Options::new());
    let (service, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    service.task().name("deaf").spawn(async {
        sleep(100 * SECOND).await;
        Ok(())
    });
    assert!(driver.poll().is_pending());
    let mut shutdown = by_hand(service.shutdown(20 * SECOND));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(5 * SECOND);
    let tree = inspector.snapshot();
    let deaf = node(&tree, "deaf");
    let stopping = deaf.stopping.as_ref().expect("it is told");
    assert_eq!((stopping.since, stopping.grace), (Some(5 * SECOND), Some(15 * SECOND)));
    assert!(deaf.is_deaf(), "{deaf}");
    assert!(
        deaf.to_string().contains("not polled since, in grace for 15.0 s"),
        "{deaf}"
    );
    clock.advance(15 * SECOND);
    driver.finish().ok();
    assert!(shutdown.poll().is_ready());
}

#[test]
fn a_child_that_was_told_alone_says_why() {
    let (inspector, _installed, clock) = inspected(Options::new());
    let gate = Gate::new();
    let held = gate.wait();
    let (service, driver) = settled::<()>().open();
    let mut driver = by_hand(driver);
    let task = service.task().name("holds").spawn(async {
        shield(held).await;
        Ok(())
    });
    assert!(driver.poll().is_pending());
    task.cancel();
    clock.advance(SECOND);
    let tree = inspector.snapshot();
    let stopping = node(&tree, "holds").stopping.clone().expect("it is told");
    assert_eq!(stopping.since, Some(SECOND));
    assert!(tree.nodes()[0].stopping.is_none());
}

#[test]
fn a_child_that_was_told_alone_before_it_was_polled_says_why() {
    let (inspector, _installed, clock) = inspected(Options::new());
    let (service, _driver) = settled::<()>().name("service").open();
    let task = service.spawn::<(), _>(never());
    service.spawn::<(), _>(never());
    task.cancel();
    clock.advance(SECOND);
    service.cancel_with("enough");
    let tree = inspector.snapshot();
    let stopping = |name: &str| node(&tree, name).stopping.clone().expect("it is told");
    let alone = stopping("service/1");
    assert_eq!(
        (alone.reason, alone.since),
        (CancelReason::Requested(None), Some(SECOND))
    );
    let with_the_scope = stopping("service/2");
    assert_eq!(with_the_scope.reason, CancelReason::Requested(Some("enough".into())));
}
