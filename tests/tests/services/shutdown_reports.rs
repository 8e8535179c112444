//! A shutdown says which children ended by themselves and which were cut.

use std::{future::pending, sync::mpsc, thread, time::Duration};

use purview::{cancelled, settled};
use purview_tests::{Gate, HandExecutor, TestClock, by_hand, watched, yields};

const GRACE: Duration = Duration::from_secs(10);

fn names(infos: &[purview::TaskInfo]) -> Vec<&str> {
    infos.iter().map(purview::TaskInfo::name).collect()
}

#[test]
fn by_name_in_the_order_in_which_they_ended() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let (open, driver) = settled::<&str>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    drop(open.task().name("before").spawn(async { Ok(()) }));
    for (name, turns) in [("slow", 5), ("quick", 1)] {
        drop(open.task().name(name).spawn(async move {
            cancelled().await;
            yields(turns).await;
            Ok(())
        }));
    }
    let wait = gate.wait();
    drop(open.task().name("fails").spawn(async move {
        wait.await;
        Err::<(), _>("no")
    }));
    for name in ["deaf", "deaf too"] {
        drop(open.task().name(name).spawn(pending::<Result<(), _>>()));
    }
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    gate.open();
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(GRACE);
    let settlement = driver.finish().unwrap();
    let report = shutdown.finish();
    assert_eq!(names(&report.finished), ["quick", "slow", "fails"]);
    assert_eq!(names(&report.cut), ["deaf too", "deaf"], "newest first");
    assert_eq!(settlement.failures.len(), 1);
    assert_eq!(settlement.failures[0].task.name(), "fails");
}

#[test]
fn every_kind_of_child_is_in_it() {
    let executor = HandExecutor::new();
    let (open, driver) = settled::<()>().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    drop(open.task().name("parallel").parallel().spawn(async {
        cancelled().await;
        Ok(())
    }));
    drop(open.task().name("blocking").spawn_blocking(|_| Ok(())));
    drop(open.task().name("daemon").daemon().spawn(pending::<Result<(), _>>()));
    assert!(driver.poll_until_idle().is_pending());
    executor.run();
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    executor.run();
    assert!(driver.poll_until_idle().is_pending());
    executor.run_closure();
    assert!(driver.finish().is_ok());
    let report = shutdown.finish();
    assert_eq!(names(&report.finished), ["parallel", "blocking"]);
    assert_eq!(names(&report.cut), ["daemon"]);
}

#[test]
fn each_child_is_in_it_once() {
    const CHILDREN: usize = 1_000;
    let clock = TestClock::new();
    let (open, driver) = settled::<()>().runtime(clock.clone()).open();
    let mut driver = by_hand(driver);
    for i in 0..CHILDREN {
        drop(open.spawn(async move {
            cancelled().await;
            if i % 3 == 0 {
                pending::<Result<(), _>>().await
            } else {
                Ok(())
            }
        }));
    }
    assert!(driver.poll_until_idle().is_pending());
    let mut shutdown = by_hand(open.shutdown(GRACE));
    assert!(shutdown.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(GRACE);
    assert!(driver.finish().is_ok());
    let report = shutdown.finish();
    let mut all: Vec<_> = report
        .finished
        .iter()
        .chain(&report.cut)
        .map(purview::TaskInfo::id)
        .collect();
    assert_eq!((report.finished.len(), report.cut.len()), (666, 334));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), CHILDREN);
}

/// They are waited for, because a thread cannot be interrupted, and use more than their grace.
#[test]
fn what_is_still_running_elsewhere_when_the_grace_is_over_is_cut() {
    watched(|| {
        let executor = HandExecutor::new();
        let (open, driver) = settled::<()>().runtime(executor.clone()).open();
        let mut driver = by_hand(driver);
        let (entered, enters) = mpsc::channel();
        let mut leave = vec![];
        let mut until_told = || {
            let (lets, told) = mpsc::channel::<()>();
            leave.push(lets);
            let entered = entered.clone();
            move || {
                entered.send(()).unwrap();
                told.recv().unwrap();
                Ok(())
            }
        };
        let run = until_told();
        drop(open.task().name("closure").spawn_blocking(move |_| run()));
        let run = until_told();
        drop(open.task().name("daemon").daemon().spawn_blocking(move |_| run()));
        let run = until_told();
        drop(open.task().name("parallel").parallel().spawn(async move { run() }));
        assert!(driver.poll_until_idle().is_pending());
        let threads = [0, 1, 2].map(|n| {
            let executor = executor.clone();
            thread::spawn(move || if n < 2 { executor.run_closure() } else { executor.run() })
        });
        (0..3).for_each(|_| enters.recv().unwrap());
        let mut shutdown = by_hand(open.shutdown(GRACE));
        assert!(shutdown.poll().is_pending());
        assert!(driver.poll_until_idle().is_pending());
        executor.clock().advance(GRACE);
        assert!(driver.poll_until_idle().is_pending(), "it waits for all of them");
        for lets in leave {
            lets.send(()).unwrap();
        }
        for thread in threads {
            thread.join().unwrap();
        }
        driver.finish().unwrap();
        let report = shutdown.finish();
        let mut cut = names(&report.cut);
        cut.sort_unstable();
        assert_eq!(cut, ["closure", "daemon", "parallel"], "{report:?}");
        assert!(report.finished.is_empty());
    });
}

/// "So a stubborn child does not cost the flush": neither does one that a thread is in, a daemon or not.
#[test]
fn the_finalizers_do_not_wait_for_it() {
    watched(|| {
        for (is_daemon, is_closure) in [(false, false), (false, true), (true, false), (true, true)] {
            let (executor, flushed) = (HandExecutor::new(), Gate::new());
            let clock = executor.clock().clone();
            let (open, driver) = settled::<()>().runtime(executor.clone()).open();
            let mut driver = by_hand(driver);
            let ((entered, enters), (lets, told)) = (mpsc::channel(), mpsc::channel::<()>());
            let run = move || {
                entered.send(()).unwrap();
                told.recv().unwrap();
                Ok(())
            };
            let task = open.task().name("stuck");
            let task = if is_daemon { task.daemon() } else { task };
            drop(if is_closure {
                task.spawn_blocking(move |_| run())
            } else {
                task.parallel().spawn(async move { run() })
            });
            drop(open.spawn(pending::<Result<(), ()>>()));
            let flush = flushed.clone();
            open.defer(async move { flush.open() });
            assert!(driver.poll_until_idle().is_pending());
            let thread = thread::spawn(move || {
                if is_closure {
                    executor.run_closure();
                } else {
                    executor.run();
                }
            });
            enters.recv().unwrap();
            let mut shutdown = by_hand(open.shutdown(GRACE));
            assert!(shutdown.poll().is_pending());
            assert!(driver.poll_until_idle().is_pending());
            clock.advance(GRACE);
            assert!(driver.poll_until_idle().is_pending(), "it waits for the thread");
            assert!(
                by_hand(flushed.wait()).poll().is_ready(),
                "daemon: {is_daemon}, closure: {is_closure}"
            );
            lets.send(()).unwrap();
            thread.join().unwrap();
            driver.finish().unwrap();
            let report = shutdown.finish();
            assert_eq!(names(&report.finished), ["finalizer"]);
            assert!(names(&report.cut).contains(&"stuck"), "{report:?}");
        }
    });
}

#[test]
fn of_a_scope_that_has_ended_it_is_empty() {
    let (open, driver) = settled::<()>().open();
    drop(open.spawn(async { Ok(()) }));
    open.close();
    assert!(by_hand(driver).finish().is_ok());
    let report = by_hand(open.shutdown(GRACE)).finish();
    assert!(report.finished.is_empty() && report.cut.is_empty());
}
