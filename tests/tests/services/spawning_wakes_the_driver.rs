//! Spawning, on whatever thread, wakes the driver.

use std::{
    sync::{Arc, Barrier},
    thread,
};

use purview::{block_on, fail_fast, settled};
use purview_tests::{by_hand, polled_on_every_runtime};

fn once_for_each_time_it_was_pending() {
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    for _ in 0..3 {
        let wakes = driver.wakes();
        drop(open.spawn(async { Ok(()) }));
        drop(open.spawn(async { Ok(()) }));
        assert_eq!(driver.wakes(), wakes + 1, "one wake-up serves both");
        assert!(driver.poll_until_idle().is_pending());
        assert!(open.is_empty());
    }
}

/// Only the last one says that nothing will be spawned any more.
fn and_dropping_a_handle_beside_others_does_not() {
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    let others = [open.clone(), open.clone()];
    assert!(driver.poll_until_idle().is_pending());
    let wakes = driver.wakes();
    drop(others);
    assert_eq!(driver.wakes(), wakes);
    drop(open);
    assert_eq!(driver.wakes(), wakes + 1);
    assert!(driver.finish().is_ok());
}

fn from_another_thread() {
    let (open, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    let wakes = driver.wakes();
    let handle = open.clone();
    let task = thread::spawn(move || handle.spawn(async { Ok(7) })).join().unwrap();
    assert_eq!(driver.wakes(), wakes + 1);
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(by_hand(task).finish(), 7);
}

#[test]
fn a_driver_that_sleeps_on_its_thread_is_woken_from_many() {
    const THREADS: usize = 4;
    const EACH: usize = 500;
    let (open, driver) = settled::<()>().open();
    let runs = thread::spawn(|| block_on(driver));
    let start = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|t| {
            let (handle, start) = (open.clone(), start.clone());
            thread::spawn(move || {
                start.wait();
                let mut sum = 0;
                for i in 0..EACH {
                    // Each waits for its child before it spawns the next: a lost wake-up hangs.
                    sum += block_on(handle.spawn(async move { Ok(t * EACH + i) })).unwrap();
                }
                sum
            })
        })
        .collect();
    let sum: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(sum, (0..THREADS * EACH).sum());
    drop(open);
    assert!(runs.join().unwrap().is_ok());
}

polled_on_every_runtime!(
    once_for_each_time_it_was_pending,
    and_dropping_a_handle_beside_others_does_not,
    from_another_thread,
);
