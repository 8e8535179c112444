//! A timeout, or a scope with a deadline, whose outer deadline had passed woke itself again and again until the scope
//! around was polled.

use std::{
    future::{pending, poll_fn},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    task::Poll,
    time::Duration,
};

use purview::{fail_fast, sleep, timeout};
use purview_tests::{HandExecutor, by_hand};

const MS: Duration = Duration::from_millis(1);

#[test]
fn while_the_scope_whose_deadline_has_passed_is_not_polled() {
    let executor = HandExecutor::new();
    let polls = Arc::new(AtomicU32::new(0));
    let counted = polls.clone();
    let scope = fail_fast::<()>().runtime(executor.clone()).timeout(50 * MS);
    let mut scope = by_hand(scope.run(async |s| {
        let counts = poll_fn(move |_| {
            counted.fetch_add(1, SeqCst);
            Poll::<()>::Pending
        });
        s.spawn_parallel(async { timeout(100 * MS, counts).await.map_err(drop) });
        pending::<Result<(), ()>>().await
    }));
    assert!(scope.poll_until_idle().is_pending());
    executor.run();
    let before = polls.load(SeqCst);
    executor.clock().advance(60 * MS);
    executor.run();
    assert!(
        polls.load(SeqCst) - before <= 2,
        "{} polls",
        polls.load(SeqCst) - before
    );
    assert!(scope.finish().expect_err("its time is up").is_deadline_exceeded());
}

#[test]
fn nor_does_a_scope_that_begins_too_late() {
    let executor = HandExecutor::new();
    let outer = fail_fast::<()>().runtime(executor.clone()).timeout(50 * MS);
    let mut outer = by_hand(outer.run(async |s| {
        s.spawn_parallel(async {
            sleep(60 * MS).await;
            let late = fail_fast::<()>().timeout(Duration::ZERO);
            drop(
                late.run(async |_| -> Result<(), ()> { panic!("it begins too late") })
                    .await,
            );
            Ok(())
        });
        pending::<Result<(), ()>>().await
    }));
    assert!(outer.poll_until_idle().is_pending());
    executor.run();
    executor.clock().advance(60 * MS);
    let polls = (0..10).take_while(|_| executor.run_one()).count();
    assert!(polls <= 2, "{polls} polls");
    assert!(outer.finish().expect_err("its time is up").is_deadline_exceeded());
}

#[test]
fn but_its_own_time_that_runs_out_in_a_poll_is_seen_at_once() {
    let executor = HandExecutor::new();
    let clock = executor.clock().clone();
    let scope = fail_fast::<()>().runtime(executor.clone());
    let mut scope = by_hand(scope.run(async |_| {
        let late = timeout(
            50 * MS,
            poll_fn(|_| {
                clock.advance(60 * MS);
                Poll::<()>::Pending
            }),
        );
        Ok(late.await.is_err())
    }));
    assert!(scope.finish().is_ok_and(|late| late));
}
