//! What is cancelled alone while it waits costs the same however many wait: a service under overload whose clients time out.
//!
//! At this size a walk over all that wait for each one that is cancelled takes longer than a test may, some minutes. Each
//! test takes about a second.

use std::{future::pending, time::Duration};

use purview::{TaskError, settled};
use purview_tests::{Gate, PollCount, TestClock, by_hand, watched};

const MANY: usize = 50_000;

#[test]
fn children_that_wait_for_a_place() {
    watched(|| {
        let (polls, gate) = (PollCount::new(), Gate::new());
        let (open, driver) = settled::<()>().limit(1).open();
        let mut driver = by_hand(driver);
        let held = gate.wait();
        open.spawn(async move {
            held.await;
            Ok(())
        });
        let queued: Vec<_> = (0..MANY)
            .map(|_| open.spawn(polls.of(pending::<Result<(), ()>>())))
            .collect();
        let last = open.spawn(async { Ok(7) });
        assert!(driver.poll_until_idle().is_pending());
        for (left, task) in (0..MANY).rev().zip(queued) {
            task.cancel();
            assert!(driver.poll_until_idle().is_pending());
            assert_eq!(open.len(), left + 2);
            assert!(matches!(by_hand(task).finish(), Err(TaskError::Cancelled(_))));
        }
        gate.open();
        assert!(driver.poll_until_idle().is_pending());
        assert_eq!(by_hand(last).finish().ok(), Some(7), "its turn came");
        assert_eq!((open.len(), polls.get()), (0, 0));
        assert!(open.try_spawn(async { Ok(()) }).is_ok(), "no place was lost");
    });
}

#[test]
fn guests_that_wait_for_a_place() {
    watched(|| {
        let (open, driver) = settled::<&str>().limit(1).open();
        let mut driver = by_hand(driver);
        let first = open.enter(pending::<Result<(), _>>());
        let mut queued: Vec<_> = (0..MANY).map(|_| open.enter(pending::<Result<(), _>>())).collect();
        let mut last = by_hand(open.enter(async { Ok(7) }));
        assert!(last.poll().is_pending() && driver.poll_until_idle().is_pending());
        // The newest first, whose clients have the least patience.
        while let Some(guest) = queued.pop() {
            drop(guest);
            assert!(driver.poll_until_idle().is_pending());
            assert_eq!(open.len(), queued.len() + 2);
        }
        drop(first);
        assert!(driver.poll_until_idle().is_pending());
        assert!(last.poll_until_idle().is_pending());
        assert!(driver.poll_until_idle().is_pending());
        assert!(matches!(last.finish(), Ok(Ok(7))), "its turn came");
        assert!(open.try_enter(async { Ok(()) }).is_ok(), "no place was lost");
    });
}

/// In an order of their own, while others come and are started.
#[test]
fn children_that_wait_for_their_start_under_a_rate() {
    watched(|| {
        const SECOND: Duration = Duration::from_secs(1);
        let (polls, clock) = (PollCount::new(), TestClock::new());
        let (open, driver) = settled::<()>().rate(1, SECOND).runtime(clock.clone()).open();
        let mut driver = by_hand(driver);
        open.spawn(async { Ok(0) });
        let next = open.spawn(async { Ok(1) });
        let mut queued: Vec<_> = (0..2 * MANY)
            .map(|_| open.spawn(polls.of(pending::<Result<(), ()>>())))
            .collect();
        let last = open.spawn(async { Ok(2) });
        assert!(driver.poll_until_idle().is_pending());
        for at in (0..2 * MANY).rev() {
            let task = queued.swap_remove(at * 7 % queued.len());
            task.cancel();
            assert!(driver.poll_until_idle().is_pending());
            assert_eq!(open.len(), queued.len() + 2);
        }
        clock.advance(SECOND);
        assert!(driver.poll_until_idle().is_pending());
        assert_eq!((by_hand(next).finish().ok(), last.is_finished()), (Some(1), false));
        clock.advance(SECOND);
        assert!(driver.poll_until_idle().is_pending());
        assert_eq!(
            by_hand(last).finish().ok(),
            Some(2),
            "the cancelled ones used up no start"
        );
        assert_eq!(polls.get(), 0);
    });
}

/// Those that wait are not looked at for one that runs.
#[test]
fn children_that_run_while_others_wait() {
    watched(|| {
        let polls = PollCount::new();
        let (open, driver) = settled::<()>().limit(MANY).open();
        let mut driver = by_hand(driver);
        let running: Vec<_> = (0..MANY).map(|_| open.spawn(pending::<Result<(), ()>>())).collect();
        for _ in 0..MANY {
            open.spawn(polls.of(pending::<Result<(), ()>>()));
        }
        assert!(driver.poll_until_idle().is_pending());
        for (ended, task) in (1..).zip(running) {
            task.cancel();
            assert!(driver.poll_until_idle().is_pending());
            assert!(task.is_finished());
            assert_eq!(polls.get(), ended, "the next one has its place");
        }
    });
}
