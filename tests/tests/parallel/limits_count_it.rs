//! A scope's limit counts parallel and blocking children with the others.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use purview::{RejectReason, fail_fast, settled};
use purview_tests::{AnyRuntime, Gate, HandExecutor, PollCount, by_hand, served_by_every_runtime, yields};

const LIMIT: usize = 3;

async fn never_more_are_started_and_unfinished(runtime: AnyRuntime) {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, seen) = (running.clone(), most.clone());
    let out = fail_fast::<&str>().runtime(runtime).limit(LIMIT).run(async move |s| {
        let starts = move || {
            let (running, most) = (running.clone(), most.clone());
            move || most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst)
        };
        for i in 0..30 {
            let (start, running) = (starts(), counted.clone());
            let work = async move {
                start();
                yields(i % 4).await;
                running.fetch_sub(1, SeqCst);
                Ok(())
            };
            if i % 3 == 0 {
                drop(s.spawn(work));
            } else if i % 3 == 1 {
                drop(s.spawn_parallel(work));
            } else {
                let (start, running) = (starts(), counted.clone());
                drop(s.spawn_blocking(move |_| {
                    start();
                    running.fetch_sub(1, SeqCst);
                    Ok(())
                }));
            }
        }
        Ok(())
    });
    assert!(out.await.is_ok());
    let most = seen.load(SeqCst);
    assert!((1..=LIMIT).contains(&most), "{most} at once");
}

#[test]
fn one_that_waits_is_not_given_to_the_executor() {
    let (executor, gate) = (HandExecutor::new(), Gate::new());
    let waits = gate.wait();
    let (open, driver) = fail_fast::<&str>().runtime(executor.clone()).limit(1).open();
    let mut driver = by_hand(driver);
    drop(open.spawn(async move {
        waits.await;
        Ok(())
    }));
    drop(open.spawn_parallel(async { Ok(()) }));
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!((open.len(), executor.futures()), (2, 0));
    gate.open();
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!((open.len(), executor.futures()), (1, 1));
    let full = open.try_spawn(async { Ok(()) }).unwrap_err();
    assert_eq!(full.reason(), &RejectReason::Full);
    executor.run();
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(open.len(), 0);
    assert!(open.try_spawn(async { Ok(()) }).is_ok());
}

#[test]
fn one_that_waits_and_is_cancelled_gives_its_turn_to_the_next() {
    let (executor, polls) = (HandExecutor::new(), PollCount::new());
    let counted = polls.of(std::future::pending::<Result<(), &str>>());
    let (open, driver) = settled::<&str>().runtime(executor.clone()).limit(1).open();
    let mut driver = by_hand(driver);
    let first = open.spawn_parallel(std::future::pending::<Result<(), &str>>());
    let second = open.spawn_parallel(counted);
    let third = open.spawn_parallel(async { Ok(3) });
    assert!(driver.poll_until_idle().is_pending());
    second.cancel();
    assert!(driver.poll_until_idle().is_pending());
    assert!(by_hand(second).finish().is_err());
    first.cancel();
    assert!(driver.poll_until_idle().is_pending());
    executor.run();
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(by_hand(third).finish().unwrap(), 3);
    assert_eq!((polls.get(), open.len()), (0, 0));
}

served_by_every_runtime!(never_more_are_started_and_unfinished);
