//! Its frame was left in a list of the scope that it keeps alive: the two kept each other for ever.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    task::Context,
};

use purview::{cancelled, checkpoint, context_key, fail_fast, scope};
use purview_tests::{ByHand, by_hand, calling_waker};

context_key! { static KEPT: Arc<()>; }

#[test]
fn in_a_scope_that_ends_in_the_poll_of_the_cancel() {
    let kept = Arc::new(());
    let run = KEPT.scope(kept.clone(), async {
        scope(async |s| {
            let task = s.spawn(pending::<()>());
            checkpoint().await;
            task.cancel();
        })
        .await;
    });
    by_hand(run).finish();
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[test]
#[expect(clippy::async_yields_async, reason = "the task is wanted, not what it yields")]
fn in_a_scope_that_is_dropped_before_it_looks() {
    let kept = Arc::new(());
    let (service, driver) = fail_fast::<()>().open();
    let task = by_hand(KEPT.scope(kept.clone(), async { service.spawn(pending::<Result<(), ()>>()) })).finish();
    let mut driver = by_hand(driver);
    assert!(driver.poll_until_idle().is_pending());
    task.cancel();
    drop((driver, task, service));
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[test]
fn in_a_scope_that_is_dropped_by_what_is_told_of_the_cancel() {
    let kept = Arc::new(());
    let (service, driver) = fail_fast::<()>().open();
    let driver = Arc::new(Mutex::new(Some(by_hand(driver))));
    let last = driver.clone();
    let told = calling_waker(move || drop(last.lock().unwrap().take()));
    let child = async move {
        let mut waits = Box::pin(cancelled());
        assert!(waits.as_mut().poll(&mut Context::from_waker(&told)).is_pending());
        pending::<Result<(), ()>>().await
    };
    let task = by_hand(KEPT.scope(kept.clone(), async { Some(service.spawn(child)) })).finish();
    let polled = driver.lock().unwrap().as_mut().map(ByHand::poll_until_idle);
    assert!(polled.is_some_and(|polled| polled.is_pending()));
    task.as_ref().expect("it was spawned").cancel();
    assert!(driver.lock().unwrap().is_none());
    drop((task, service));
    assert_eq!(Arc::strong_count(&kept), 1);
}
