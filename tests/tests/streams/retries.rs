//! Attempts wait on the clock of the scope around, and stop when there is no use in waiting.

use std::{cell::Cell, io, iter, time::Duration};

use backon::{BackoffBuilder, ConstantBuilder, ExponentialBuilder};
use purview_core::{fail_fast, retry, timeout};
use purview_test::VirtualRuntime;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn it_waits_the_delays_of_a_backoff_and_counts_the_attempts() {
    let runtime = VirtualRuntime::new();
    let told = Cell::new(Duration::ZERO);
    let delays = ExponentialBuilder::default()
        .with_min_delay(SECOND)
        .with_max_times(3)
        .build();
    let error = runtime
        .run(retry(delays, async || Err::<(), _>("down")).notify(|_, delay| told.set(told.get() + delay)))
        .unwrap_err();
    assert_eq!((error.error, error.attempts), ("down", 4));
    assert_eq!((told.get(), runtime.elapsed()), (7 * SECOND, 7 * SECOND));
}

#[test]
fn it_waits_what_a_jittered_backoff_says() {
    let runtime = VirtualRuntime::new();
    let told = Cell::new(Duration::ZERO);
    let delays = ConstantBuilder::default()
        .with_delay(SECOND)
        .with_jitter()
        .with_max_times(5)
        .build();
    let attempts = Cell::new(0);
    let operation = async || {
        attempts.set(attempts.get() + 1);
        if attempts.get() < 4 {
            Err("down")
        } else {
            Ok(attempts.get())
        }
    };
    let value = runtime.run(retry(delays, operation).notify(|_, delay| told.set(told.get() + delay)));
    assert_eq!(value.unwrap(), 4);
    assert_eq!(runtime.elapsed(), told.get());
}

#[test]
fn it_tries_again_only_where_that_is_wanted() {
    let error = VirtualRuntime::new()
        .run(
            retry([SECOND; 5], async || Err::<(), _>(io::ErrorKind::NotFound))
                .when(|kind| *kind == io::ErrorKind::TimedOut),
        )
        .unwrap_err();
    assert_eq!((error.error, error.attempts), (io::ErrorKind::NotFound, 1));
}

#[test]
fn it_does_not_wait_for_an_attempt_that_the_deadline_would_cut_off() {
    let runtime = VirtualRuntime::new();
    let out = runtime.run(timeout(
        5 * SECOND,
        retry(iter::repeat(2 * SECOND), async || Err::<(), _>("down")),
    ));
    let error = out.expect("the deadline has not been reached").unwrap_err();
    assert_eq!(error.attempts, 3);
    assert_eq!(runtime.elapsed(), 4 * SECOND);
}

#[test]
fn attempts_without_a_delay_leave_the_others_their_turn() {
    let runtime = VirtualRuntime::new();
    let out = runtime.run(fail_fast::<&str>().run(async |s| {
        s.spawn(async {
            retry(iter::repeat(Duration::ZERO), async || Err::<(), _>("down"))
                .await
                .map_err(|e| e.error)
        });
        s.spawn(async { Err::<(), _>("sibling") });
        std::future::pending().await
    }));
    assert_eq!(out.map(|(): ()| ()).unwrap_err().into_failure(), Some("sibling"));
}

#[test]
fn it_is_cancelled_while_it_waits() {
    let runtime = VirtualRuntime::new();
    let out = runtime.run(fail_fast::<()>().timeout(SECOND).run(async |s| {
        s.spawn(async {
            purview_core::shield(async {}).await;
            Ok(())
        });
        retry([Duration::MAX], async || Err::<(), _>(()))
            .await
            .map_err(|e| e.error)
    }));
    // The only delay reaches beyond the deadline, so the last error is returned at once.
    assert!(out.unwrap_err().is_failed());
    assert_eq!(runtime.elapsed(), Duration::ZERO);
    let out = runtime.run(fail_fast::<()>().run(async |s| {
        s.spawn(async {
            purview_core::sleep(SECOND).await;
            Err::<(), _>(())
        });
        retry([Duration::MAX], async || Err::<(), _>(()))
            .await
            .map_err(|e| e.error)
    }));
    assert!(out.unwrap_err().is_failed());
    assert_eq!(runtime.elapsed(), SECOND);
}
