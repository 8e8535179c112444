//! The free functions have a meaning where no scope is around.

use std::{
    future::pending,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    task::Poll,
    time::{Duration, Instant},
};

use purview::{cancelled, checkpoint, current, deadline, remaining, scope, shield, sleep, sleep_until, timeout};
use purview_tests::{ByHand, by_hand, on_every_runtime, polled_on_every_runtime};

const A_MOMENT: Duration = Duration::from_millis(5);

async fn there_is_no_deadline_and_no_task() {
    assert_eq!((deadline(), remaining()), (None, None));
    assert!(current().is_none());
    scope(async |_| assert!(current().is_some(), "the body is a task")).await;
    assert!(current().is_none());
}

fn nothing_is_ever_cancelled() {
    let mut waiter = by_hand(cancelled());
    for _ in 0..3 {
        assert!(waiter.poll().is_pending());
    }
    assert_eq!(waiter.wakes(), 0);
}

async fn a_shield_runs_its_future() {
    assert_eq!(shield(async { 7 }).await, 7);
}

async fn a_checkpoint_lets_the_caller_go_on() {
    checkpoint().await;
}

async fn sleep_and_timeout_use_the_timer_of_the_runtime() {
    sleep(A_MOMENT).await;
    assert!(timeout(A_MOMENT, pending::<()>()).await.is_err());
    assert_eq!(timeout(Duration::from_secs(3_600), async { 7 }).await, Ok(7));
    assert!(timeout(A_MOMENT, sleep(Duration::from_secs(3_600))).await.is_err());
}

fn a_sleep_of_zero_is_over() {
    assert_eq!(by_hand(sleep(Duration::ZERO)).poll(), Poll::Ready(()));
}

/// As `sleep(0)` in asyncio and trio, which lets the others run.
async fn a_loop_of_sleeps_of_zero_lets_siblings_run() {
    let told = AtomicBool::new(false);
    scope(async |s| {
        s.spawn(async {
            checkpoint().await;
            told.store(true, SeqCst);
        });
        while !told.load(SeqCst) {
            sleep(Duration::ZERO).await;
        }
    })
    .await;
}

/// Their futures are never polled, and so have no turn in which to yield.
fn a_loop_of_timeouts_of_zero_lets_others_run() {
    let mut looping = by_hand(async {
        loop {
            assert!(
                timeout(Duration::ZERO, async { unreachable!("it is too late") })
                    .await
                    .is_err()
            );
        }
    });
    for wakes in 1..4 {
        assert!(looping.poll().is_pending());
        assert_eq!(looping.wakes(), wakes);
    }
}

fn a_loop_of_sleeps_until_the_past_lets_others_run() {
    let past = Instant::now();
    let mut looping = by_hand(async {
        loop {
            sleep_until(past).await;
        }
    });
    for wakes in 1..4 {
        assert!(looping.poll().is_pending());
        assert_eq!(looping.wakes(), wakes);
    }
}

/// Whatever is put off between its polls.
fn what_has_yielded_once_is_over_when_it_is_polled_again() {
    fn one_that_yields<F: Future>(mut make: impl FnMut() -> F) -> ByHand<F> {
        for _ in 0..1_000 {
            let mut one = by_hand(make());
            if one.poll().is_pending() {
                return one;
            }
        }
        panic!("a loop of these never yields");
    }
    for between in 0..300 {
        let others = || (0..between).for_each(|_| _ = by_hand(sleep(Duration::ZERO)).poll());
        let mut put_off = one_that_yields(|| sleep(Duration::ZERO));
        others();
        assert!(put_off.poll().is_ready(), "{between} others");
        let mut put_off = one_that_yields(|| timeout(Duration::ZERO, pending::<()>()));
        others();
        assert!(put_off.poll().is_ready(), "{between} others");
    }
}

fn a_sleep_that_is_beyond_the_clock_never_ends() {
    assert!(by_hand(sleep(Duration::MAX)).poll().is_pending());
}

on_every_runtime!(
    there_is_no_deadline_and_no_task,
    a_shield_runs_its_future,
    a_checkpoint_lets_the_caller_go_on,
    sleep_and_timeout_use_the_timer_of_the_runtime,
    a_loop_of_sleeps_of_zero_lets_siblings_run,
);
polled_on_every_runtime!(
    nothing_is_ever_cancelled,
    a_sleep_of_zero_is_over,
    a_loop_of_timeouts_of_zero_lets_others_run,
    a_loop_of_sleeps_until_the_past_lets_others_run,
    what_has_yielded_once_is_over_when_it_is_polled_again,
    a_sleep_that_is_beyond_the_clock_never_ends
);
