//! Deadlines fire on the timer of each runtime, and follow tokio's clock when it is paused.

use std::{future::pending, time::Duration};

use purview::{Embedded, Timer, fail_fast, scope, settled, sleep, timeout};
use purview_tests::{AnyRuntime, Gate, served_by_every_runtime, tokio_paused, tokio_without_time};

const A_MOMENT: Duration = Duration::from_millis(5);
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn a_deadline_fires(runtime: AnyRuntime) {
    let late = fail_fast::<()>().runtime(runtime).timeout(A_MOMENT);
    let outcome = late.run(async |s| {
        s.spawn(pending::<Result<(), ()>>());
        pending::<Result<(), ()>>().await
    });
    assert!(outcome.await.expect_err("it was late").is_deadline_exceeded());
}

async fn a_deadline_far_away_does_not(runtime: AnyRuntime) {
    let gate = Gate::new();
    let in_time = fail_fast::<()>().runtime(runtime).timeout(A_DAY);
    let outcome = in_time.run(async |s| {
        let task = s.spawn(async {
            gate.wait().await;
            Ok(7)
        });
        sleep(A_MOMENT).await;
        gate.open();
        Ok(task.await)
    });
    assert_eq!(outcome.await.ok(), Some(7));
}

async fn a_sleep_is_not_over_before_its_time(runtime: AnyRuntime) {
    let clock = runtime.clone();
    let slept = fail_fast::<()>().runtime(runtime).run(async |s| {
        let tasks: Vec<_> = (1..=20)
            .map(|i| {
                let clock = clock.clone();
                s.spawn(async move {
                    let until = clock.now() + i * A_MOMENT / 10;
                    purview::sleep_until(until).await;
                    Ok(clock.now() >= until)
                })
            })
            .collect();
        let mut all = true;
        for task in tasks {
            all &= task.await;
        }
        Ok(all)
    });
    assert_eq!(slept.await.ok(), Some(true));
}

async fn scopes_inside_and_free_functions_use_the_runtime_of_the_scope_around(runtime: AnyRuntime) {
    let outcome = settled::<()>().runtime(runtime).run(async |_| {
        let inner = fail_fast::<()>()
            .timeout(A_MOMENT)
            .run(async |_| pending::<Result<(), ()>>().await);
        let late = inner.await.expect_err("it was late").is_deadline_exceeded();
        Ok((late, timeout(A_MOMENT, pending::<()>()).await.is_err()))
    });
    assert_eq!(outcome.await.expect("the body worked").value, (true, true));
}

served_by_every_runtime!(
    a_deadline_fires,
    a_deadline_far_away_does_not,
    a_sleep_is_not_over_before_its_time,
    scopes_inside_and_free_functions_use_the_runtime_of_the_scope_around,
);

#[test]
fn a_paused_tokio_clock_moves_the_deadline_of_a_scope() {
    tokio_paused(async |runtime| {
        let start = tokio::time::Instant::now();
        for late in [fail_fast::<()>(), fail_fast::<()>().runtime(runtime)] {
            let outcome = late
                .timeout(A_DAY)
                .run(async |_| pending::<Result<(), ()>>().await)
                .await;
            assert!(outcome.expect_err("it was late").is_deadline_exceeded());
        }
        assert!(start.elapsed() >= 2 * A_DAY);
    });
}

#[test]
fn a_paused_tokio_clock_moves_sleeps_and_timeouts() {
    tokio_paused(async |_| {
        let start = tokio::time::Instant::now();
        assert!(timeout(A_DAY, pending::<()>()).await.is_err());
        scope(async |s| {
            drop(s.spawn(sleep(A_DAY)));
            sleep(2 * A_DAY).await;
        })
        .await;
        assert_eq!(start.elapsed().as_secs(), 3 * A_DAY.as_secs());
    });
}

#[test]
fn the_timers_of_tokio_run_in_children_beside_ours() {
    tokio_paused(async |_| {
        let outcome = fail_fast::<()>().timeout(2 * A_DAY).run(async |s| {
            let task = s.spawn(async {
                tokio::time::sleep(A_DAY).await;
                Ok(7)
            });
            Ok(task.await)
        });
        assert_eq!(outcome.await.ok(), Some(7));
    });
}

/// `tokio::time::sleep` panics in such a runtime; a scope keeps its deadline on the embedded timer.
#[test]
fn a_tokio_runtime_without_a_time_driver_falls_back_to_the_embedded_timer() {
    tokio_without_time(async |runtime| {
        for late in [fail_fast::<()>(), fail_fast::<()>().runtime(runtime)] {
            let outcome = late
                .timeout(A_MOMENT)
                .run(async |_| pending::<Result<(), ()>>().await)
                .await;
            assert!(outcome.expect_err("it was late").is_deadline_exceeded());
        }
        sleep(A_MOMENT).await;
    });
}

#[test]
fn the_embedded_timer_needs_no_executor() {
    let late = fail_fast::<()>().runtime(Embedded).timeout(A_MOMENT);
    let outcome = purview::block_on(late.run(async |_| pending::<Result<(), ()>>().await));
    assert!(outcome.expect_err("it was late").is_deadline_exceeded());
}
