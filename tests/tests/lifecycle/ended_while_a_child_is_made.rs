//! A scope may accept no more children by the time the closure of [`start`](purview::Scope::start) has made the child.

use purview::{CancelReason, Driver, FailFast, Scope, StartError, fail_fast};
use purview_tests::{ByHand, Gate, Log, by_hand, polled_on_every_runtime};

type Open = (Scope<'static, FailFast<()>>, ByHand<Driver<FailFast<()>>>);

/// Open, with one place.
fn open() -> Open {
    let (scope, driver) = fail_fast::<()>().limit(1).open();
    (scope, by_hand(driver))
}

/// Starts a child whose closure does something to the scope first.
#[track_caller]
fn is_refused(scope: &Scope<'static, FailFast<()>>, log: &Log, meanwhile: impl FnOnce()) {
    log.clear();
    let mut start = by_hand(scope.start::<(), (), _, _>(|_| {
        meanwhile();
        log.traced("child", async { Ok(()) })
    }));
    assert!(matches!(
        start.finish(),
        Err(StartError::Cancelled(CancelReason::Ended))
    ));
    assert_eq!(log.entries(), ["child dropped"], "it is not polled");
}

fn its_child_is_dropped_and_says_that_the_scope_has_ended() {
    let log = Log::new();
    let (scope, driver) = open();
    is_refused(&scope, &log, move || drop(driver));
    assert_eq!(scope.len(), 0);
}

fn the_place_that_its_child_had_is_the_next_ones() {
    let log = Log::new();
    let (scope, _driver) = open();
    is_refused(&scope, &log, || scope.close());
    assert!(by_hand(scope.permit()).poll().is_ready());
}

fn the_turn_that_its_child_had_is_free() {
    let (log, gate) = (Log::new(), Gate::new());
    let (scope, mut driver) = open();
    let wait = gate.wait();
    scope.spawn(async {
        wait.await;
        Ok(())
    });
    assert!(driver.poll_until_idle().is_pending());
    is_refused(&scope, &log, || scope.close());
    let mut permit = by_hand(scope.permit());
    assert!(permit.poll().is_pending(), "the child that runs has the place");
    gate.open();
    assert!(driver.finish().is_ok());
    assert!(permit.poll().is_ready());
}

polled_on_every_runtime!(
    its_child_is_dropped_and_says_that_the_scope_has_ended,
    the_place_that_its_child_had_is_the_next_ones,
    the_turn_that_its_child_had_is_free,
);
