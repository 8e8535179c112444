//! `block_on` inside a blocking closure. Docs of `spawn_blocking`: "`block_on` may be called"; section 1: "a defined error,
//! never a hang".

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{self, Receiver, Sender},
    task::Poll,
    thread::{self, JoinHandle},
    time::Duration,
};

use purview::{block_on, current, deadline, fail_fast, scope, settled, timeout};
use purview_tests::{ByHand, Gate, HandExecutor, by_hand, message_of, poll_once, watched};

const SECOND: Duration = Duration::from_secs(1);

/// Nothing here waits for time: this is how long a hang is waited for.
const LONG: Duration = Duration::from_secs(60);

/// The closure may have ended before the driver was polled.
fn ended_by_now<F: Future>(early: Poll<F::Output>, mut driver: ByHand<F>) -> F::Output {
    match early {
        Poll::Ready(output) => output,
        Poll::Pending => driver.finish(),
    }
}

/// Runs the closure that waits in the executor; tells when it has ended.
fn run_in_the_pool(executor: HandExecutor) -> (JoinHandle<()>, Receiver<()>) {
    let (ended, ends) = mpsc::channel();
    let pool = thread::spawn(move || {
        executor.run_closure();
        ended.send(()).unwrap();
    });
    (pool, ends)
}

#[track_caller]
fn assert_ended(pool: JoinHandle<()>, ends: &Receiver<()>) {
    assert!(
        ends.recv_timeout(LONG).is_ok(),
        "the closure hangs, and the scope with it"
    );
    pool.join().unwrap();
}

/// The closure says when it has entered what blocks it; then the scope around is cancelled.
fn ends_with_the_scope_around(blocks: fn(Sender<()>)) {
    watched(move || {
        let (executor, (entered, enters)) = (HandExecutor::new(), mpsc::channel());
        let (open, driver) = settled::<()>().runtime(executor.clone()).open();
        let mut driver = by_hand(driver);
        open.spawn_blocking(move |_| {
            blocks(entered);
            Ok(())
        });
        assert!(driver.poll_until_idle().is_pending());
        let (pool, ends) = run_in_the_pool(executor);
        enters.recv().unwrap();
        open.cancel();
        let early = driver.poll_until_idle();
        assert_ended(pool, &ends);
        assert!(ended_by_now(early, driver).is_ok());
    });
}

// "One cancelled by its parent stays pending until the parent drops it", and the parent cannot drop what runs in a closure.
#[test]
fn a_plain_scope_inside_ends_when_the_scope_around_is_cancelled() {
    ends_with_the_scope_around(|entered| {
        block_on(scope(async |_| {
            entered.send(()).unwrap();
            pending::<()>().await;
        }));
    });
}

// The task of a dropped sibling is "pending while its scope is being cancelled", and the scope waits for the closure.
#[test]
fn nor_does_it_wait_for_ever_for_a_task_of_its_own_scope() {
    watched(|| {
        let (executor, (entered, enters)) = (HandExecutor::new(), mpsc::channel());
        let (open, driver) = fail_fast::<&str>().runtime(executor.clone()).open();
        let mut driver = by_hand(driver);
        let sibling = open.spawn(pending::<Result<u8, &str>>());
        open.spawn_blocking(move |_| {
            entered.send(()).unwrap();
            Ok(block_on(sibling))
        });
        assert!(driver.poll_until_idle().is_pending());
        let (pool, ends) = run_in_the_pool(executor);
        enters.recv().unwrap();
        open.spawn(async { Err::<(), _>("stop") });
        let early = driver.poll_until_idle();
        assert_ended(pool, &ends);
        assert!(ended_by_now(early, driver).is_err());
    });
}

// A timeout inside is the closure's own task, and cannot be dropped either.
#[test]
fn nor_does_a_scope_in_a_timeout_inside() {
    ends_with_the_scope_around(|entered| {
        let _ = block_on(timeout(
            SECOND,
            scope(async |_| {
                entered.send(()).unwrap();
                pending::<()>().await;
            }),
        ));
    });
}

/// Whether or not the timeout has made its scope.
#[test]
fn what_blocks_in_a_timeout_inside_may_block() {
    for asks in [false, true] {
        let ran = block_on(scope(async |s| {
            let call = s.spawn_blocking(move |_| {
                block_on(timeout(SECOND, async {
                    assert!(!asks || deadline().is_some());
                    block_on(async { 7 })
                }))
            });
            call.await
        }));
        assert_eq!(ran, Ok(7), "asks: {asks}");
    }
}

/// A timeout that began in a closure and goes on in a task is part of that task.
#[test]
fn what_blocks_in_a_timeout_that_has_left_the_closure_may_not() {
    let gate = Gate::new();
    let wait = gate.wait();
    let (begun,) = block_on(scope(async |s| {
        let call = s.spawn_blocking(|_| {
            let mut kept = Box::pin(timeout(Duration::MAX, async {
                assert!(current().is_some() && deadline().is_none());
                wait.await;
                block_on(async {});
            }));
            assert!(block_on(poll_once(kept.as_mut())).is_pending());
            // In a tuple, which is not awaited.
            (kept,)
        });
        call.await
    }));
    gate.open();
    let payload = catch_unwind(AssertUnwindSafe(|| block_on(scope(async |_| begun.await)))).unwrap_err();
    let message = message_of(&*payload);
    assert!(message.contains("inside the async task"), "{message}");
}

// A timeout leaves it to the earlier deadline around it to be reported, and that one cannot drop the closure.
#[test]
fn nor_in_a_timeout_that_ends_after_the_deadline_around_it() {
    watched(|| {
        let (executor, (entered, enters)) = (HandExecutor::new(), mpsc::channel());
        let clock = executor.clock().clone();
        let (open, driver) = settled::<()>().timeout(SECOND).runtime(executor.clone()).open();
        let mut driver = by_hand(driver);
        open.spawn_blocking(move |_| {
            entered.send(()).unwrap();
            let _ = block_on(timeout(2 * SECOND, pending::<()>()));
            Ok(())
        });
        assert!(driver.poll_until_idle().is_pending());
        let (pool, ends) = run_in_the_pool(executor);
        enters.recv().unwrap();
        clock.advance(SECOND);
        let early = driver.poll_until_idle();
        while !pool.is_finished() && ends.try_recv().is_err() {
            // Whenever the timeout is looked at, its time is over.
            clock.advance(SECOND);
            thread::yield_now();
        }
        pool.join().unwrap();
        let _ = ended_by_now(early, driver);
    });
}
