//! However a child ends, its place goes to the longest wait; no wait is for a place that cannot come.

use std::{cell::Cell, future::pending, time::Duration};

use futures::FutureExt;
use purview::{CancelReason, RejectReason, Scope, Settled, TaskError, fail_fast, settled, shield};
use purview_tests::{Gate, Log, TestClock, by_hand, caught, polled_on_every_runtime, yields};

async fn next_one_runs(s: &Scope<'_, Settled<()>>) {
    let task = s.permit().await.spawn(async { Ok(7) });
    assert_eq!(task.await.ok(), Some(7));
}

fn by_one_that_fails_panics_or_is_cancelled() {
    let mut run = by_hand(settled::<()>().limit(1).run(async |s| {
        assert!(s.spawn(async { Err::<(), _>(()) }).await.is_err());
        next_one_runs(&s).await;
        let panicked = s.spawn(async {
            if true {
                panic!("boom")
            }
            Ok(())
        });
        assert!(matches!(panicked.await, Err(TaskError::Panicked(_))));
        next_one_runs(&s).await;
        let task = s.spawn(pending::<Result<(), ()>>());
        yields(2).await;
        task.cancel();
        assert!(matches!(task.await, Err(TaskError::Cancelled(_))));
        next_one_runs(&s).await;
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

fn by_a_permit_that_is_dropped_and_one_that_is_used() {
    let mut run = by_hand(settled::<()>().limit(1).run(async |s| {
        let permit = s.permit().await;
        assert!(s.try_spawn(async { Ok(()) }).is_err(), "the permit has the place");
        drop(permit);
        next_one_runs(&s).await;
        next_one_runs(&s).await;
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

/// The place had been given to it when it was dropped: it must not be lost.
fn by_a_permit_future_that_is_dropped_after_its_turn_had_come() {
    let gate = Gate::new();
    let mut run = by_hand(settled::<()>().limit(1).run(async |s| {
        let first = s.spawn(gate.wait().map(Ok));
        let mut permit = by_hand(s.permit());
        assert!(permit.poll().is_pending());
        gate.open();
        drop(first.await);
        assert_eq!(permit.wakes(), 1, "it is its turn");
        drop(permit);
        next_one_runs(&s).await;
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

fn permits_and_spawned_children_stand_in_one_line() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(settled::<()>().limit(1).run(async |s| {
        s.spawn(gate.wait().map(Ok));
        s.spawn(log.traced("first", async { Ok(()) }));
        let mut permit = by_hand(s.permit());
        assert!(permit.poll().is_pending());
        s.spawn(log.traced("third", async { Ok(()) }));
        gate.open();
        yields(5).await;
        assert!(log.has("first dropped") && !log.has("third polled"));
        permit.finish().spawn(log.traced("second", async { Ok(()) }));
        yields(5).await;
        assert!(log.has("second dropped") && log.has("third dropped"));
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

/// errgroup's deadlock: the limit is reached, children end only when cancelled, and one of them fails.
fn a_waiting_spawner_is_released_by_the_cancellation() {
    let (gate, released) = (Gate::new(), Cell::new(false));
    let released_too = &released;
    let mut run = by_hand(fail_fast::<&str>().limit(2).run_local(async |s| {
        s.spawn(pending::<Result<(), _>>());
        s.spawn(async {
            gate.wait().await;
            Err::<(), _>("no")
        });
        let spawner = s.clone();
        let waits = shield(async move {
            let permit = spawner.permit().await;
            released_too.set(true);
            permit.spawn(async { Ok(()) });
        });
        waits.await;
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish().expect_err("one failed").into_failure(), Some("no"));
    assert!(released.get());
}

fn a_permit_after_the_end_is_there_at_once_and_spawns_nothing() {
    let (s, driver) = settled::<()>().limit(1).open();
    let mut driver = by_hand(driver);
    s.spawn(pending::<Result<(), ()>>());
    let waiting = s.clone();
    let mut permit = by_hand(waiting.permit());
    assert!(driver.poll_until_idle().is_pending());
    assert!(permit.poll().is_pending());
    s.cancel();
    assert!(permit.wakes() > 0);
    let mut refused = by_hand(permit.finish().spawn(async { Ok(1) }));
    assert!(matches!(
        refused.finish(),
        Err(TaskError::Cancelled(CancelReason::Requested(None)))
    ));
    drop(driver.finish());
    let log = Log::new();
    let mut late = by_hand(s.permit());
    drop(late.finish().spawn(log.traced("late", async { Ok(()) })));
    assert_eq!(log.entries(), ["late dropped"]);
}

/// There is nothing to wait for: it says that, and not that it is full.
fn a_closed_scope_that_is_full_says_that_it_has_ended() {
    let (s, _driver) = settled::<()>().limit(1).open();
    let _runs = s.spawn(pending::<Result<(), ()>>());
    let full = [
        s.try_spawn(async { Ok(()) }).expect_err("it is full").reason().clone(),
        s.try_enter(async { Ok(()) }).expect_err("it is full").reason().clone(),
    ];
    assert_eq!(full, [RejectReason::Full, RejectReason::Full]);
    s.close();
    let ended = [
        s.try_spawn(async { Ok(()) })
            .expect_err("it is closed")
            .reason()
            .clone(),
        s.try_enter(async { Ok(()) })
            .expect_err("it is closed")
            .reason()
            .clone(),
    ];
    assert_eq!(ended, [RejectReason::Ended, RejectReason::Ended]);
}

fn a_panic_in_the_destructor_of_a_child_costs_no_place() {
    let clock = TestClock::new();
    let mut run = by_hand(caught(settled::<()>().limit(1).runtime(clock.clone()).run(async |s| {
        for _ in 0..3 {
            let bomb = purview_tests::PanicsOnDrop("boom");
            let task = s.spawn(async move {
                let _bomb = bomb;
                Ok(())
            });
            assert!(matches!(task.await, Err(TaskError::Panicked(_))));
        }
        purview::timeout(Duration::from_secs(1), next_one_runs(&s))
            .await
            .expect("a place");
        Ok(())
    })));
    assert!(run.finish().is_ok_and(|settled| settled.is_ok()));
}

polled_on_every_runtime!(
    by_one_that_fails_panics_or_is_cancelled,
    by_a_permit_that_is_dropped_and_one_that_is_used,
    by_a_permit_future_that_is_dropped_after_its_turn_had_come,
    permits_and_spawned_children_stand_in_one_line,
    a_waiting_spawner_is_released_by_the_cancellation,
    a_permit_after_the_end_is_there_at_once_and_spawns_nothing,
    a_closed_scope_that_is_full_says_that_it_has_ended,
    a_panic_in_the_destructor_of_a_child_costs_no_place,
);
