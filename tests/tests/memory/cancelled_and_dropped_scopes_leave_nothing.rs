//! However a scope ends, all of it is freed.

use std::{future::pending, time::Duration};

use purview::{fail_fast, scope, settled, shield, timeout};
use purview_tests::{Gate, TestClock, by_hand, caught};

use crate::meter::Meter;

const CHILDREN: usize = 10_000;

/// Runs it once for what is only made once, and a second time for what leaks.
#[track_caller]
fn leaves_nothing(what: impl Fn()) {
    let meter = Meter::take_turn();
    what();
    let before = meter.bytes();
    what();
    meter.assert_back_to(before);
}

#[test]
fn after_a_normal_end() {
    leaves_nothing(|| {
        by_hand(scope(async |s| {
            for _ in 0..CHILDREN {
                s.spawn(async { [0_u8; 64] });
            }
        }))
        .finish();
    });
}

#[test]
fn after_an_error() {
    leaves_nothing(|| {
        let failed = by_hand(fail_fast::<&str>().run(async |s| {
            for _ in 0..CHILDREN {
                s.spawn(pending::<Result<[u8; 64], _>>());
            }
            Err::<(), _>("no")
        }))
        .finish();
        assert!(failed.is_err());
    });
}

#[test]
fn after_a_drop_in_the_middle_of_cleaning_up() {
    leaves_nothing(|| {
        let fail = Gate::new();
        let mut run = by_hand(fail_fast::<&str>().run(async |s| {
            for _ in 0..CHILDREN {
                s.spawn(shield(pending::<Result<[u8; 64], _>>()));
            }
            s.defer(pending::<()>());
            fail.wait().await;
            Err::<(), _>("no")
        }));
        assert!(run.poll_until_idle().is_pending());
        fail.open();
        assert!(run.poll_until_idle().is_pending());
        drop(run);
    });
}

#[test]
fn after_a_panic() {
    leaves_nothing(|| {
        let panicked = by_hand(caught(scope(async |s| {
            for _ in 0..CHILDREN {
                s.spawn(pending::<[u8; 64]>());
            }
            s.spawn(async {
                if true {
                    panic!("boom")
                }
            });
        })))
        .finish();
        assert!(panicked.is_err());
    });
}

#[test]
fn after_a_deadline() {
    leaves_nothing(|| {
        let clock = TestClock::new();
        let mut run = by_hand(
            settled::<&str>()
                .runtime(clock.clone())
                .timeout(Duration::from_secs(1))
                .run(async |s| {
                    let tasks: Vec<_> = (0..CHILDREN)
                        .map(|_| s.spawn(async { timeout(Duration::from_secs(9), pending()).await.unwrap_or(Ok(())) }))
                        .collect();
                    for task in tasks {
                        drop(task.await);
                    }
                    Ok(())
                }),
        );
        assert!(run.poll_until_idle().is_pending());
        clock.advance(Duration::from_secs(1));
        assert!(run.finish().is_ok());
        assert_eq!(clock.timers_alive(), 0);
    });
}

#[test]
fn with_a_child_that_owns_a_handle_of_its_own_scope() {
    leaves_nothing(|| {
        let mut run = by_hand(scope(async |s| {
            for _ in 0..CHILDREN {
                let handle = s.clone();
                s.spawn(async move {
                    pending::<()>().await;
                    drop(handle);
                });
            }
        }));
        assert!(run.poll_until_idle().is_pending());
        drop(run);
    });
}

#[test]
fn with_tasks_that_outlive_it() {
    leaves_nothing(|| {
        let tasks = by_hand(scope(async |s| {
            (0..CHILDREN).map(|_| s.spawn(async { [0_u8; 64] })).collect::<Vec<_>>()
        }))
        .finish();
        assert_eq!(tasks.len(), CHILDREN);
    });
}
