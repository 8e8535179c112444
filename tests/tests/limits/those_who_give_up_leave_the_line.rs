//! A child that is cancelled while it waits, and a permit that nobody waits for any more, leave the line at once.

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
fn the_turn_of_a_cancelled_child_goes_to_nobody_else() {
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

polled_on_every_runtime!(
    a_queued_child_that_is_cancelled_is_dropped_unpolled,
    the_turn_of_a_cancelled_child_goes_to_nobody_else,
    one_that_waits_for_its_start_under_a_rate_is_dropped_when_it_is_cancelled,
);
