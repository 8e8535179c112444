//! A child that is cancelled while it waits, and a permit whose wait was dropped, leave the queue at once.

use std::{future::pending, time::Duration};

use futures::FutureExt;
use purview::{TaskError, settled};
use purview_tests::{Gate, Log, TestClock, by_hand, polled_on_every_runtime, yields};

const SECOND: Duration = Duration::from_secs(1);

fn a_queued_child_that_is_cancelled_is_dropped_unpolled() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(settled::<()>().limit(1).run(async |s| {
        let first = s.spawn(gate.wait().map(Ok));
        let queued = s.spawn(log.traced("queued", pending::<Result<(), ()>>()));
        yields(2).await;
        queued.cancel();
        assert!(matches!(queued.await, Err(TaskError::Cancelled(_))));
        assert_eq!(log.entries(), ["queued dropped"]);
        assert_eq!(s.len(), 1);
        gate.open();
        drop(first.await);
        s.try_spawn(async { Ok(()) })
            .expect("its turn went with it")
            .await
            .expect("it ran");
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

/// Its turn goes with it, and does not become that of a child behind a permit.
fn the_turn_of_a_cancelled_child_goes_to_no_other() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(settled::<()>().limit(1).run(async |s| {
        s.spawn(gate.wait().map(Ok));
        let cancelled = s.spawn(pending::<Result<(), ()>>());
        let mut permit = by_hand(s.permit());
        assert!(permit.poll().is_pending());
        s.spawn(log.traced("behind", async { Ok(()) }));
        cancelled.cancel();
        drop(cancelled.await);
        gate.open();
        yields(5).await;
        assert_eq!(log.entries(), [] as [&str; 0], "the permit is next");
        drop(permit.finish());
        yields(5).await;
        assert!(log.has("behind dropped"));
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

fn one_that_waits_for_its_start_under_a_rate_is_dropped_when_it_is_cancelled() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut run = by_hand(settled::<()>().rate(1, SECOND).runtime(clock.clone()).run(async |s| {
        s.spawn(async { Ok(()) });
        let late = s.spawn(log.traced("late", async { Ok(()) }));
        let next = s.spawn(async { Ok(7) });
        yields(3).await;
        late.cancel();
        assert!(matches!(late.await, Err(TaskError::Cancelled(_))));
        assert_eq!(log.entries(), ["late dropped"]);
        assert_eq!(next.await.ok(), Some(7));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    assert!(log.has("late dropped"), "without any time passing");
    clock.advance(SECOND);
    assert!(run.finish().is_ok(), "it has not used up a start");
}

/// It had been given no place, so there is none to give back.
fn a_permit_that_is_given_up_in_the_queue_frees_no_place() {
    let gate = Gate::new();
    let mut run = by_hand(settled::<()>().limit(1).run(async |s| {
        s.spawn(gate.wait().map(Ok));
        yields(2).await;
        let [mut first, mut second] = [by_hand(s.permit()), by_hand(s.permit())];
        assert!(first.poll().is_pending() && second.poll().is_pending());
        drop(second);
        assert!(first.poll().is_pending(), "the only place is still taken");
        gate.open();
        yields(5).await;
        let place = first.finish();
        let mut third = by_hand(s.permit());
        assert!(third.poll_until_idle().is_pending(), "there is one place, and not two");
        drop(place);
        drop(third.finish());
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

/// Its turn goes with it, and not that of the permit before it.
fn a_child_that_is_cancelled_behind_a_permit_leaves_the_permit_its_turn() {
    let gate = Gate::new();
    let mut run = by_hand(settled::<()>().limit(1).run(async |s| {
        s.spawn(gate.wait().map(Ok));
        yields(2).await;
        let mut permit = by_hand(s.permit());
        assert!(permit.poll().is_pending());
        let behind = s.spawn(pending::<Result<(), ()>>());
        yields(2).await;
        behind.cancel();
        assert!(matches!(behind.await, Err(TaskError::Cancelled(_))));
        gate.open();
        yields(5).await;
        drop(permit.finish());
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

polled_on_every_runtime!(
    a_permit_that_is_given_up_in_the_queue_frees_no_place,
    a_child_that_is_cancelled_behind_a_permit_leaves_the_permit_its_turn,
    a_queued_child_that_is_cancelled_is_dropped_unpolled,
    the_turn_of_a_cancelled_child_goes_to_no_other,
    one_that_waits_for_its_start_under_a_rate_is_dropped_when_it_is_cancelled,
);
