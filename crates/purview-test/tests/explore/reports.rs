//! What is wrong is said, and how to replay it.

use std::{
    env,
    future::poll_fn,
    process::Command,
    sync::{Arc, atomic::AtomicU32},
    task::Poll,
    time::Duration,
};

use futures::{channel::oneshot, lock::Mutex as AsyncMutex};
use purview_core::{Timer, sleep};
use purview_test::{VirtualRuntime, explore, jitter, replay};

use crate::programs::{
    failure, pushes_in_the_order_of_the_schedule, takes_two_locks_in_opposite_order,
    waits_for_an_event_that_keeps_the_first_waker,
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_missed_wake_up_is_reported_as_a_deadlock() {
    assert_eq!(
        failure(|| explore(0..=0, waits_for_an_event_that_keeps_the_first_waker)),
        None
    );
    let text = failure(|| explore(100, waits_for_an_event_that_keeps_the_first_waker)).unwrap();
    assert!(
        text.starts_with("deadlock: every task waits and no timer is armed"),
        "{text}"
    );
    assert!(text.contains("through the waker of an earlier poll"), "{text}");
}

#[test]
fn a_lock_order_deadlock_is_reported_with_the_tasks_that_wait() {
    let text = failure(|| explore(100, takes_two_locks_in_opposite_order)).unwrap();
    assert!(text.starts_with("deadlock"), "{text}");
    assert!(text.contains("root"), "{text}");
    assert_eq!(text.matches("spawned by root").count(), 2, "{text}");
}

#[test]
fn a_deadlock_inside_a_scope_is_reported_with_the_names_of_its_children() {
    let program = async || {
        let (checking, savings) = (AsyncMutex::new(()), AsyncMutex::new(()));
        let transfer = async |from: &AsyncMutex<()>, to: &AsyncMutex<()>| {
            let _from = from.lock().await;
            sleep(SECOND).await;
            let _to = to.lock().await;
        };
        purview_core::scope(async |s| {
            s.task().name("to savings").spawn(jitter(transfer(&checking, &savings)));
            s.task().name("to checking").spawn(jitter(async {
                sleep(SECOND).await;
                transfer(&savings, &checking).await;
            }));
        })
        .await;
    };
    assert_eq!(failure(|| explore(0..=0, program)), None);
    let text = failure(|| explore(100, program)).unwrap();
    assert!(text.starts_with("deadlock"), "{text}");
    assert!(
        text.contains("`to savings` (task ") && text.contains("`to checking` (task "),
        "{text}"
    );
}

#[test]
fn a_value_that_depends_on_the_schedule_is_reported_with_both_values() {
    assert_eq!(failure(|| explore(0..=0, pushes_in_the_order_of_the_schedule)), None);
    let text = failure(|| explore(100, pushes_in_the_order_of_the_schedule)).unwrap();
    assert!(
        text.starts_with("the value depends on the schedule: seed 0 gave [1, 2], seed "),
        "{text}"
    );
    assert!(text.ends_with("gave [2, 1]"), "{text}");
}

#[test]
fn a_failing_seed_fails_again_alone() {
    let failing: Vec<u64> = (0..100)
        .filter(|&seed| failure(|| replay(seed, takes_two_locks_in_opposite_order)).is_some())
        .collect();
    assert!((1..100).contains(&failing.len()), "{failing:?}");
    for seed in failing {
        assert!(
            failure(|| explore([seed], takes_two_locks_in_opposite_order)).is_some(),
            "seed {seed}"
        );
    }
}

/// In a process of its own, whose output is seen and whose environment is its own.
fn in_a_process(test: &str, seeds: Option<&str>) -> String {
    let mut command = Command::new(env::current_exe().expect("it runs"));
    command
        .args(["--exact", test, "--nocapture"])
        .env("EXPLORED", "yes")
        .env_remove("PURVIEW_SEED");
    command.envs(seeds.map(|seeds| ("PURVIEW_SEED", seeds)));
    let out = command.output().expect("it starts");
    String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout)
}

#[test]
fn seeds_that_differ_are_replayed_together() {
    if env::var_os("EXPLORED").is_some() {
        explore(100, pushes_in_the_order_of_the_schedule);
        return;
    }
    let me = "reports::seeds_that_differ_are_replayed_together";
    let text = in_a_process(me, None);
    let (_, seeds) = text.split_once("replay it with PURVIEW_SEED=").expect(&text);
    let (seeds, hint) = seeds.split_once(", or ").expect(&text);
    let (plain, other) = seeds.split_once(',').expect("two of them");
    assert_eq!(plain, "0");
    assert!(
        hint.starts_with(&format!("purview_test::explore([0, {other}], ..)")),
        "{text}"
    );
    assert!(text.contains("explored at ") && text.contains("reports.rs:"), "{text}");
    let (_, timeline) = text.split_once("what ran when, by events:\n").expect(&text);
    assert!(timeline.contains("█") && timeline.contains(" events\n"), "{text}");
    let again = in_a_process(me, Some(seeds));
    assert!(
        again.contains("the value depends on the schedule: seed 0 gave [1, 2], seed "),
        "{again}"
    );
    assert!(again.contains("(1 seed passed before)"), "{again}");
    assert!(
        in_a_process(me, Some(other)).contains("1 passed"),
        "one has nothing to be compared with"
    );
    let bad = in_a_process(me, Some("0;1"));
    assert!(
        bad.contains("PURVIEW_SEED must be a seed, or several") && bad.contains("\"0;1\""),
        "{bad}"
    );
}

#[test]
fn a_program_that_never_ends_is_reported() {
    let endless = VirtualRuntime::exploring(1).max_steps(1000).try_block_on(poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    }));
    let endless = endless.unwrap_err();
    assert!(endless.is_endless() && !endless.is_deadlock());
    assert!(
        endless
            .to_string()
            .starts_with("endless: the program has not ended after 1000 steps")
    );
}

#[test]
fn a_deadlock_behind_a_heartbeat_is_reported_as_endless() {
    let rt = VirtualRuntime::exploring(1).max_steps(1000);
    let clock = rt.clone();
    rt.spawn(async move {
        loop {
            clock.sleep_until(clock.now() + Duration::from_secs(1)).await;
        }
    });
    let (_kept, never) = oneshot::channel::<()>();
    assert!(rt.try_block_on(never).unwrap_err().is_endless());
    rt.shutdown();
}

#[test]
fn a_stuck_future_is_dropped_before_the_deadlock_is_reported() {
    let held = Arc::new(AtomicU32::new(0));
    let inside = Arc::clone(&held);
    let (_kept, never) = oneshot::channel::<()>();
    let stuck = async move {
        never.await.unwrap();
        drop(inside);
    };
    let stalled = VirtualRuntime::exploring(0).try_block_on(stuck).unwrap_err();
    assert!(stalled.is_deadlock());
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn a_runtime_that_needs_patience_is_named_with_its_own_schedule() {
    for (runtime, made_by) in [
        (VirtualRuntime::exploring(7), "exploring(7)"),
        (VirtualRuntime::exploring(0), "exploring(0)"),
        (VirtualRuntime::seeded(7).patience(Duration::ZERO), "seeded(7)"),
        (VirtualRuntime::seeded(0).patience(Duration::ZERO), "seeded(0)"),
    ] {
        let (_kept, never) = oneshot::channel::<()>();
        let text = runtime.try_block_on(never).unwrap_err().to_string();
        let hint = format!("give it time: VirtualRuntime::{made_by}.patience(..).run(..)");
        assert!(text.contains(&hint), "{text}");
    }
}
