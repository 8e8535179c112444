//! A child holds as long as a shield of its own is alive, wherever that shield was moved.

use std::{future::pending, sync::mpsc, thread};

use futures::FutureExt;
use purview::{TaskError, fail_fast, settled, shield};
use purview_tests::{HandExecutor, Log, by_hand};

type Shielded = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// A child that takes up a shield and sends it elsewhere.
fn gives_its_shield_away(
    log: &Log,
) -> (
    mpsc::Receiver<Shielded>,
    impl Future<Output = Result<(), &'static str>> + Send + use<>,
) {
    let (gives, gets) = mpsc::channel::<Shielded>();
    let guard = log.on_drop("child");
    let child = async move {
        let _guard = guard;
        let mut shielded: Shielded = Box::pin(shield(pending()));
        assert!((&mut shielded).now_or_never().is_none());
        gives.send(shielded).unwrap();
        pending().await
    };
    (gets, child)
}

#[test]
fn a_parallel_child_is_dropped_once_it_does() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (gets, child) = gives_its_shield_away(&log);
    let (open, driver) = fail_fast().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn_parallel(child));
    assert!(driver.poll_until_idle().is_pending());
    executor.run();
    let shielded = gets.recv().unwrap();
    open.cancel();
    assert!(driver.poll_until_idle().is_pending());
    executor.run();
    assert!(driver.poll_until_idle().is_pending());
    assert!(log.entries().is_empty(), "it holds");
    let wakes = driver.wakes();
    thread::spawn(|| drop(shielded)).join().unwrap();
    assert!(driver.wakes() > wakes, "the release wakes the scope");
    assert!(driver.finish().is_ok(), "cancelled on request, and nothing failed");
    assert_eq!(log.entries(), ["child dropped"]);
}

#[test]
fn so_is_a_plain_one() {
    let log = Log::new();
    let (gets, child) = gives_its_shield_away(&log);
    let (open, driver) = settled().open();
    let mut driver = by_hand(driver);
    let task = open.spawn(child);
    assert!(driver.poll_until_idle().is_pending());
    let shielded = gets.recv().unwrap();
    task.cancel();
    assert!(driver.poll_until_idle().is_pending());
    assert!(log.entries().is_empty(), "it holds");
    thread::spawn(|| drop(shielded)).join().unwrap();
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["child dropped"]);
    assert!(matches!(by_hand(task).finish(), Err(TaskError::Cancelled(_))));
}

#[test]
fn while_it_is_held_elsewhere_its_executor_polls_it_on() {
    let (executor, log) = (HandExecutor::new(), Log::new());
    let (gives, gets) = mpsc::channel::<Shielded>();
    let gate = purview_tests::Gate::new();
    let (wait, noted) = (gate.wait(), log.clone());
    let (open, driver) = fail_fast().runtime(executor.clone()).open();
    let mut driver = by_hand(driver);
    drop(open.spawn_parallel(async move {
        let mut shielded: Shielded = Box::pin(shield(pending()));
        assert!((&mut shielded).now_or_never().is_none());
        gives.send(shielded).unwrap();
        wait.await;
        noted.note("ran on");
        Ok::<_, &str>(())
    }));
    assert!(driver.poll_until_idle().is_pending());
    executor.run();
    let shielded = gets.recv().unwrap();
    open.cancel();
    assert!(driver.poll_until_idle().is_pending());
    gate.open();
    executor.run();
    assert_eq!(log.entries(), ["ran on"]);
    assert!(driver.finish().is_ok(), "cancelled on request, and nothing failed");
    drop(shielded);
}
