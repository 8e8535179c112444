//! Without an executor a parallel child runs in the scope's own task: a neutral library can always have some.

use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

use purview::{Embedded, TaskError, fail_fast, settled};
use purview_tests::{PollCount, TestClock, by_hand, embedded, yields};

#[test]
fn it_runs_on_the_thread_of_the_scope() {
    embedded(|_| async {
        let out = fail_fast::<&str>().runtime(Embedded).run(async |s| {
            let here = thread::current().id();
            let there = s.spawn_parallel(async {
                yields(3).await;
                Ok(thread::current().id())
            });
            Ok((here, there.await))
        });
        let (here, there) = out.await.unwrap();
        assert_eq!(here, there);
    });
}

#[test]
fn it_is_polled_only_when_it_was_woken() {
    let (gate, polls) = (purview_tests::Gate::new(), PollCount::new());
    let counted = polls.of(gate.wait());
    let mut run = by_hand(fail_fast::<&str>().runtime(TestClock::new()).run(async |s| {
        drop(s.spawn_parallel(async {
            counted.await;
            Ok(())
        }));
        Ok(())
    }));
    for _ in 0..5 {
        assert!(run.poll_until_idle().is_pending());
    }
    assert_eq!(polls.get(), 1);
    gate.wake();
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 2);
    gate.open();
    assert!(run.finish().is_ok());
    assert_eq!(polls.get(), 3);
}

#[test]
fn it_can_be_cancelled_alone() {
    let polls = PollCount::new();
    let counted = polls.of(std::future::pending::<Result<(), &str>>());
    let mut run = by_hand(settled::<&str>().runtime(TestClock::new()).run(async |s| {
        let task = s.spawn_parallel(counted);
        yields(2).await;
        task.cancel();
        Ok(matches!(task.await, Err(TaskError::Cancelled(_))))
    }));
    assert!(run.finish().unwrap().value);
    assert_eq!(polls.get(), 1);
}

#[test]
fn a_thousand_take_turns() {
    let turns = std::sync::Arc::new(AtomicUsize::new(0));
    let counter = turns.clone();
    let mut run = by_hand(fail_fast::<&str>().runtime(TestClock::new()).run(async move |s| {
        for _ in 0..1_000 {
            let turns = counter.clone();
            drop(s.spawn_parallel(async move {
                for _ in 0..10 {
                    turns.fetch_add(1, SeqCst);
                    yields(1).await;
                }
                Ok(())
            }));
        }
        Ok(())
    }));
    assert!(run.finish().is_ok());
    assert_eq!(turns.load(SeqCst), 10_000);
}
