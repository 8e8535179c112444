//! Children are polled in the order in which they were woken, also where a pass ends early; and only those that were.

use std::future::pending;

use purview::{Builder, CancelToken, FailFast, cancelled, fail_fast, scope, shield};
use purview_tests::{
    Gate, HandExecutor, Log, PollCount, by_hand, on_every_runtime_and_in_virtual_time,
    polled_on_every_runtime_and_in_virtual_time, yield_now, yields,
};

fn on(executor: &HandExecutor) -> Builder<FailFast<()>> {
    fail_fast().runtime(executor.clone())
}

/// The one that had come up between the cancellation and the cut lost its place.
async fn of_two_that_hold_the_first_that_was_woken_is_polled_first() {
    let log = Log::new();
    let ended = fail_fast::<()>().run(async |s| {
        let (handle, log) = (s.clone(), &log);
        s.spawn(async move {
            cancelled().await;
            log.note("woken first");
            Ok(())
        });
        s.spawn(async move {
            handle.cancel();
            shield(yield_now()).await;
            log.note("woken second");
            Ok(())
        });
        Ok(())
    });
    drop(ended.await);
    assert_eq!(log.entries(), ["woken first", "woken second"]);
}

/// One that had come up for the third time in a pass lost its place.
async fn one_that_yields_often_keeps_its_place() {
    let (log, gate) = (Log::new(), Gate::new());
    scope(async |s| {
        let (handle, log, gate) = (s.clone(), &log, &gate);
        s.spawn(async move {
            handle.spawn(async move { gate.open() });
            gate.wait().await;
            log.note("woken second");
        });
        s.spawn(async move {
            yields(2).await;
            log.note("woken first");
        });
    })
    .await;
    assert_eq!(log.entries(), ["woken first", "woken second"]);
}

/// A cancelled child was polled each time that something of it on another thread paused, whatever else it held for.
fn a_child_in_a_shield_is_not_polled_because_something_elsewhere_has_paused() {
    let (executor, token, polls) = (HandExecutor::new(), CancelToken::new(), PollCount::new());
    let mut run = by_hand(on(&executor).cancel_on(token.clone()).run(async |s| {
        let inside = scope(async |t| {
            t.spawn_parallel(async {
                yield_now().await;
                pending::<()>().await;
            });
        });
        s.spawn(polls.of(async {
            shield(inside).await;
            Ok(())
        }));
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel();
    assert!(run.poll_until_idle().is_pending());
    let before = polls.get();
    executor.run();
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(polls.get(), before);
}

on_every_runtime_and_in_virtual_time!(
    of_two_that_hold_the_first_that_was_woken_is_polled_first,
    one_that_yields_often_keeps_its_place,
);
polled_on_every_runtime_and_in_virtual_time!(a_child_in_a_shield_is_not_polled_because_something_elsewhere_has_paused,);
