//! What is forgotten with `mem::forget` is lost with what it owns; nothing else waits for it, and nothing else is lost.

use std::{
    future::{pending, ready},
    mem,
    time::Duration,
};

use futures::{FutureExt, StreamExt};
use purview::{TaskError, cancelled, fail_fast, scope, settled, shield};
use purview_tests::{AnyRuntime, ByHand, Gate, TestClock, by_hand, yields};

use crate::live::Live;

fn scope_that_runs(runtime: AnyRuntime) {
    let (live, gate) = (Live::new(), Gate::new());
    let mut handle = None;
    let mut task = None;
    let mut run = by_hand(settled::<&str>().runtime(runtime).run(|s| {
        task = Some(s.spawn(live.within(gate.wait().map(Ok))));
        handle = Some(s);
        live.within(pending::<Result<(), _>>())
    }));
    assert!(run.poll_until_idle().is_pending());
    mem::forget(run);
    gate.open();
    let (s, mut task) = (handle.expect("the body began"), by_hand(task.expect("it was spawned")));
    // It is not polled: that is all.
    assert!(task.poll_until_idle().is_pending());
    drop(s.spawn(live.within(ready(Ok(())))));
    s.cancel();
    assert!(s.is_cancelled() && s.token().is_cancelled());
    assert!(task.poll_until_idle().is_pending());
    assert_eq!((s.len(), live.alive()), (2, 3));
}

fn driver_of_an_open_scope(runtime: AnyRuntime) {
    let live = Live::new();
    let (service, driver) = settled::<&str>().runtime(runtime).limit(1).open();
    mem::forget(driver);
    let task = service.spawn(live.within(ready(Ok(()))));
    assert!(service.try_spawn(live.within(ready(Ok(())))).is_err());
    let mut waiting = by_hand(service.permit());
    assert!(waiting.poll().is_pending());
    task.cancel();
    service.cancel();
    drop(waiting.finish());
    assert!(by_hand(task).poll().is_pending());
    drop(waiting);
    drop(service);
    // The child that it would have taken in is forgotten with it.
    assert_eq!((live.made(), live.alive()), (2, 1));
}

async fn nested_scope(_: AnyRuntime) {
    let live = Live::new();
    let out = scope(async |s| {
        let nests = s.spawn(async {
            let mut inner = by_hand(scope(async |inner| {
                inner.spawn(ready(1));
                inner.spawn_parallel(pending::<()>());
                pending::<()>().await;
            }));
            assert!(inner.poll_until_idle().is_pending());
            mem::forget(inner);
            live.within(yields(3)).await;
            7
        });
        s.spawn(live.within(yields(9)));
        nests.await
    });
    assert_eq!(out.await, 7);
    live.assert_dropped(2);
}

async fn handle(runtime: AnyRuntime) {
    let live = Live::new();
    let out = fail_fast::<&str>().runtime(runtime.clone()).run(async |s| {
        s.spawn(live.within(yields(3).map(Ok)));
        let handle = s.clone();
        s.spawn_parallel(live.within(async move {
            mem::forget(handle);
            Ok(())
        }));
        mem::forget(s);
        Ok(7)
    });
    assert_eq!(out.await.ok(), Some(7));
    let (service, driver) = fail_fast::<&str>().runtime(runtime).open();
    mem::forget(service.clone());
    drop(service.spawn(live.within(yields(3).map(Ok))));
    service.close();
    assert!(driver.await.is_ok());
    live.all_dropped(3).await;
}

async fn task(runtime: AnyRuntime) {
    let live = Live::new();
    let out = settled().runtime(runtime).run(async |s| {
        mem::forget(s.spawn(live.within(yields(3).map(|()| Ok(())))));
        mem::forget(s.spawn_parallel(live.within(yields(3).map(|()| Ok(())))));
        mem::forget(s.spawn(live.within(yields(3).map(|()| Err::<(), _>("here")))));
        mem::forget(s.spawn_parallel(live.within(yields(3).map(|()| Err::<(), _>("there")))));
        let mut waits = by_hand(s.spawn(live.within(yields(3).map(|()| Ok(())))));
        assert!(waits.poll().is_pending());
        mem::forget(waits);
        Ok(())
    });
    let mut failed: Vec<_> = out.await.expect("the body worked").failures;
    failed.sort_by_key(|failure| failure.task.id());
    let failed: Vec<_> = failed.iter().map(|failure| &failure.error).collect();
    assert!(
        matches!(failed[..], [TaskError::Failed("here"), TaskError::Failed("there")]),
        "{failed:?}"
    );
    live.all_dropped(5).await;
}

/// The place it held is lost; the others serve.
async fn permit(runtime: AnyRuntime) {
    let live = Live::new();
    let out = fail_fast::<&str>().runtime(runtime).limit(2).run(async |s| {
        mem::forget(s.permit().await);
        let held = s.permit().await;
        let mut waits: ByHand<_> = by_hand(s.permit());
        assert!(waits.poll().is_pending());
        drop(held);
        // It was given a place, which goes with it.
        drop(waits);
        let mut sum = 0;
        for i in 0..5 {
            sum += s.spawn(live.within(yields(2).map(move |()| Ok(i)))).await;
            sum += s
                .permit()
                .await
                .spawn(live.within(yields(2).map(move |()| Ok(i))))
                .await;
        }
        Ok(sum)
    });
    assert_eq!(out.await.ok(), Some(20));
    live.assert_dropped(10);
}

/// No place is free; a wait for one lasts until the scope is cancelled.
fn last_permit(runtime: AnyRuntime) {
    let live = Live::new();
    let mut run = by_hand(fail_fast::<&str>().runtime(runtime).limit(1).run(async |s| {
        mem::forget(s.permit().await);
        let mut waits = by_hand(s.permit());
        assert!(waits.poll().is_pending());
        mem::forget(waits);
        s.spawn(live.within(pending::<Result<(), _>>()));
        s.permit().await.spawn(live.within(pending::<Result<(), _>>()));
        Ok(s)
    }));
    assert!(run.poll_until_idle().is_pending());
    drop(run);
    live.assert_dropped(1);
}

async fn start_producer_and_their_ends(runtime: AnyRuntime) {
    let live = Live::new();
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        mem::forget(s.start(|ready| {
            live.within(async move {
                ready.set(1).ok();
                yields(2).await;
                mem::forget(ready);
                Ok(())
            })
        }));
        let mut items = s.produce(1, |tx| {
            live.within(async move {
                tx.send(7).await.ok();
                mem::forget(tx);
                Ok(())
            })
        });
        assert_eq!(items.next().await, Some(7));
        mem::forget(s.produce(1, |tx| {
            live.within(async move { tx.send(8).await.map_err(|_| "closed") })
        }));
        Ok(items)
    });
    let mut items = out.await.expect("no child failed");
    // Its sender says nothing any more; the end of the scope does.
    assert_eq!(items.next().await, None);
    live.assert_dropped(3);
}

/// What held a task, and was forgotten, holds it no longer than the task lives.
fn shield_in_a_child_that_ends(runtime: AnyRuntime) {
    let live = Live::new();
    let forgets = async || {
        let mut shielded = by_hand(shield(pending::<()>()));
        assert!(shielded.poll().is_pending());
        mem::forget(shielded);
        let mut waits = by_hand(cancelled());
        assert!(waits.poll().is_pending());
        mem::forget(waits);
    };
    let mut run = by_hand(fail_fast().runtime(runtime).run(async |s| {
        s.spawn(live.within(async {
            scope(async |inner| {
                inner.spawn(live.within(forgets()));
                forgets().await;
            })
            .await;
            pending::<Result<(), _>>().await
        }));
        yields(9).await;
        Err::<(), _>("no")
    }));
    assert_eq!(run.finish().expect_err("the body failed").into_failure(), Some("no"));
    live.assert_dropped(2);
}

/// What holds a task that goes on is bounded by the grace, forgotten or not.
fn shield_in_a_child_that_goes_on(_: AnyRuntime) {
    let (live, clock) = (Live::new(), TestClock::new());
    let built = fail_fast().runtime(clock.clone()).grace(Duration::from_secs(1));
    let mut run = by_hand(built.run(async |s| {
        s.spawn(live.within(async {
            let mut shielded = by_hand(shield(pending::<()>()));
            assert!(shielded.poll().is_pending());
            mem::forget(shielded);
            pending::<Result<(), _>>().await
        }));
        yields(3).await;
        Err::<(), _>("no")
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(Duration::from_secs(1));
    assert!(run.finish().is_err());
    live.assert_dropped(1);
    assert_eq!(clock.timers_alive(), 0);
}

faults! {
    run {
        nested_scope,
        handle,
        task,
        permit,
        start_producer_and_their_ends,
    }
    by_hand {
        scope_that_runs,
        driver_of_an_open_scope,
        last_permit,
        shield_in_a_child_that_ends,
        shield_in_a_child_that_goes_on,
    }
}
