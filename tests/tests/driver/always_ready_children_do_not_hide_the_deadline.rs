//! The deadline is looked at before the children of a pass, so children that are always ready cannot hide it.

use std::{task::Poll, time::Duration};

use purview::{fail_fast, scope};
use purview_tests::{AnyRuntime, TestClock, by_hand, polled_on_every_runtime, served_by_every_runtime, yields};

fn it_fires_in_the_next_poll_beside_a_thousand_of_them() {
    let clock = TestClock::new();
    let late = fail_fast::<()>()
        .runtime(clock.clone())
        .timeout(Duration::from_millis(20));
    let mut run = by_hand(late.run(async |s| {
        for _ in 0..1_000 {
            s.spawn(async {
                yields(usize::MAX).await;
                Ok(())
            });
        }
        Ok(())
    }));
    for _ in 0..100 {
        assert!(run.poll().is_pending());
    }
    clock.advance(Duration::from_millis(20));
    let Poll::Ready(outcome) = run.poll() else {
        panic!("the children hide the deadline")
    };
    assert!(outcome.expect_err("it was late").is_deadline_exceeded());
}

fn it_fires_in_the_next_poll_beside_an_always_ready_body() {
    let clock = TestClock::new();
    let late = fail_fast::<()>()
        .runtime(clock.clone())
        .timeout(Duration::from_millis(20));
    let mut run = by_hand(late.run(async |_| {
        yields(usize::MAX).await;
        Ok(())
    }));
    for _ in 0..100 {
        assert!(run.poll().is_pending());
    }
    clock.advance(Duration::from_millis(20));
    let Poll::Ready(outcome) = run.poll() else {
        panic!("the body hides the deadline")
    };
    assert!(outcome.expect_err("it was late").is_deadline_exceeded());
}

/// On the runtime's own timer: without the guard this test does not end.
async fn it_fires_on_the_timer_of_the_runtime(runtime: AnyRuntime) {
    let late = fail_fast::<()>().runtime(runtime).timeout(Duration::from_millis(20));
    let outcome = late.run(async |s| {
        for _ in 0..10 {
            s.spawn(async {
                scope(async |_| yields(usize::MAX).await).await;
                Ok(())
            });
        }
        Ok(())
    });
    assert!(outcome.await.expect_err("it was late").is_deadline_exceeded());
}

polled_on_every_runtime!(
    it_fires_in_the_next_poll_beside_a_thousand_of_them,
    it_fires_in_the_next_poll_beside_an_always_ready_body,
);
served_by_every_runtime!(it_fires_on_the_timer_of_the_runtime);
