//! Awaiting a task whose child was cancelled: pending while its scope is being cancelled, a panic that says so where
//! nothing else will end the wait.

use std::{
    future::pending,
    pin::Pin,
    sync::Arc,
    task::{Context, Wake, Waker},
    time::Duration,
};

use purview::{CancelReason, Task, TaskError, fail_fast, settled, shield, try_scope};
use purview_tests::{Gate, Log, TestClock, by_hand, caught, on_every_runtime, polled_on_every_runtime, yield_now};

fn in_a_scope_that_is_being_cancelled_it_stays_pending() {
    let (clock, log) = (TestClock::new(), Log::new());
    let second = Duration::from_secs(1);
    let mut run = by_hand(fail_fast::<&str>().runtime(clock.clone()).grace(second).run(async |s| {
        let task: Task<()> = s.spawn(pending());
        let log = &log;
        s.spawn(shield(async move {
            log.note(format!("{:?}", caught(task).await));
            Ok(())
        }));
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(second);
    assert_eq!(run.finish().expect_err("the body failed").into_failure(), Some("no"));
    assert!(log.entries().is_empty(), "{:?}", log.entries());
}

fn spawned_while_the_scope_was_cancelled_it_stays_pending() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(try_scope(async |s| {
        let (handle, gate, log) = (s.clone(), &gate, &log);
        s.spawn(shield(async move {
            gate.wait().await;
            let mut task = by_hand(caught(handle.spawn(async { Ok(()) })));
            log.note(format!("pending: {}", task.poll().is_pending()));
            Ok(())
        }));
        yield_now().await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(run.finish(), Err("no"));
    assert_eq!(log.entries(), ["pending: true"]);
}

struct Sleeper;

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {}
}

fn one_that_is_dropped_takes_its_waker_along() {
    let gate = Gate::new();
    let (s, driver) = fail_fast::<&str>().open();
    let mut driver = by_hand(driver);
    let mut task: Task<()> = s.spawn(pending());
    let wait = gate.wait();
    drop(s.spawn(async {
        shield(wait).await;
        Ok(())
    }));
    assert!(driver.poll_until_idle().is_pending());
    s.cancel();
    assert!(driver.poll_until_idle().is_pending(), "one of them holds");

    let sleeper = Arc::new(Sleeper);
    let waker = Waker::from(sleeper.clone());
    assert!(Pin::new(&mut task).poll(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    assert_eq!(Arc::strong_count(&sleeper), 2);
    drop(task);
    assert_eq!(Arc::strong_count(&sleeper), 1);
    gate.open();
    assert!(driver.poll_until_idle().is_ready());
}

async fn once_the_scope_has_ended_it_panics_and_says_so() {
    let task = fail_fast::<&str>().run(async |s| {
        let task: Task<()> = s.spawn(pending());
        s.cancel();
        Ok(task)
    });
    let task = task.await.expect("the body had its value");
    let message = caught(task).await.expect_err("it can never yield");
    assert!(message.contains("cancelled") || message.contains("ended"), "{message}");
}

async fn a_settled_one_yields_the_reason_instead() {
    let settlement = settled::<&str>().run(async |s| {
        let task: Task<Result<(), _>> = s.spawn(pending());
        s.cancel_with("enough");
        Ok(task)
    });
    let outcome = settlement.await.expect("the body had its value").value.await;
    let enough = CancelReason::Requested(Some("enough".into()));
    assert!(matches!(outcome, Err(TaskError::Cancelled(why)) if why == enough));
}

polled_on_every_runtime!(
    one_that_is_dropped_takes_its_waker_along,
    in_a_scope_that_is_being_cancelled_it_stays_pending,
    spawned_while_the_scope_was_cancelled_it_stays_pending,
);
on_every_runtime!(
    once_the_scope_has_ended_it_panics_and_says_so,
    a_settled_one_yields_the_reason_instead
);
