//! An executor that is dropped with scopes in it drops everything in them, and waits outside of it end.

use std::{
    future::pending,
    sync::{Arc, Mutex},
};

use futures::FutureExt;
use purview::{CancelReason, RejectReason, Scope, TaskError, fail_fast, gather, settled, shield, try_scope};
use purview_tests::by_hand;

use crate::{
    bomb::{Bomb, pending_with},
    host::Host,
    live::Live,
};

/// Children of every kind, `made` of them, in scopes in scopes.
fn fill(s: &Scope<'_, purview::FailFast<&'static str>>, live: &Live) {
    for _ in 0..2 {
        s.spawn(live.within(pending::<Result<(), _>>()));
        s.spawn(shield(live.within(pending::<Result<(), _>>())));
        s.spawn_parallel(live.within(pending::<Result<(), _>>()));
        drop(s.task().daemon().spawn(live.within(pending::<Result<(), _>>())));
        s.defer(live.within(pending::<()>()));
        s.spawn(gather([live_pending(live), live_pending(live), live_pending(live)]).map(|_| Ok(())));
        let live = live.clone();
        s.spawn(async move {
            let inner = try_scope(async |inner| {
                inner.spawn(live_pending(&live));
                inner.spawn_parallel(live_pending(&live));
                live_pending(&live).await
            });
            inner.await
        });
    }
}

const FILLED: usize = 2 * (5 + 3 + 3);

fn live_pending(live: &Live) -> impl Future<Output = Result<(), &'static str>> + use<> {
    live.within(pending())
}

fn in_the_middle_of_scopes(mut host: Host) {
    let live = Live::new();
    let (inside, runtime) = (live.clone(), host.runtime());
    host.spawn(async move {
        let run = fail_fast::<&str>().runtime(runtime).run(async |s| {
            fill(&s, &inside);
            inside.within(pending::<Result<(), _>>()).await
        });
        drop(run.await);
    });
    host.run_until(|| live.made() > FILLED);
    host.shut_down();
    live.wait_dropped(FILLED + 1);
}

fn with_a_driver_in_it(mut host: Host) {
    let live = Live::new();
    let (service, driver) = settled::<&str>().runtime(host.runtime()).open();
    host.spawn(driver.map(drop));
    let here = service.spawn(live.within(pending::<Result<(), _>>()));
    let there = service.spawn_parallel(live.within(pending::<Result<(), _>>()));
    let started = Arc::new(Mutex::new(false));
    let says = started.clone();
    let last = service.spawn(live.within(async move {
        *says.lock().unwrap() = true;
        pending::<Result<(), _>>().await
    }));
    host.run_until(|| *started.lock().unwrap());
    assert_eq!(service.len(), 3);
    host.shut_down();
    live.wait_dropped(3);
    // What waits outside is told.
    for task in [here, there, last] {
        assert!(matches!(by_hand(task).finish(), Err(TaskError::Cancelled(_))));
    }
    assert!(service.is_cancelled() && service.is_empty());
    assert!(matches!(
        by_hand(service.token().cancelled()).finish(),
        CancelReason::Requested(Some(_))
    ));
    assert!(
        service
            .try_spawn(async { Ok(()) })
            .is_err_and(|rejected| *rejected.reason() != RejectReason::Full)
    );
    assert!(by_hand(service.spawn(async { Ok(()) })).finish().is_err());
    assert!(by_hand(service.shutdown(std::time::Duration::MAX)).poll().is_ready());
}

/// A thread outside waits for what can no longer come.
fn while_a_thread_waits(mut host: Host) {
    let live = Live::new();
    let (service, driver) = settled::<&str>().runtime(host.runtime()).open();
    host.spawn(driver.map(drop));
    let task = service.spawn(live.within(pending::<Result<(), _>>()));
    let token = service.token();
    host.run_until(|| live.made() == 1);
    let waits =
        std::thread::spawn(move || purview::block_on(async move { (task.await.is_err(), token.cancelled().await) }));
    host.shut_down();
    let (lost, reason) = waits.join().expect("it is told");
    assert!(lost && matches!(reason, CancelReason::Requested(Some(_))));
    live.wait_dropped(1);
}

/// Nothing comes out of the drop of the scope's future: async-task would end the process.
fn with_destructors_that_panic(mut host: Host) {
    let live = Live::new();
    let (inside, runtime) = (live.clone(), host.runtime());
    host.spawn(async move {
        let run = settled::<&str>().runtime(runtime).run(async |s| {
            for _ in 0..3 {
                drop(s.spawn(async { Err::<(), _>("no") }));
                s.spawn(inside.within(pending::<Result<(), _>>()));
                s.spawn(pending_with(Bomb::new("in drop", &inside)));
                s.spawn_parallel(pending_with(Bomb::new("in drop", &inside)));
            }
            inside.within(pending::<Result<(), _>>()).await
        });
        drop(run.await);
    });
    host.run_until(|| live.made() == 10);
    host.shut_down();
    live.wait_dropped(10);
}

fn from_inside_of_a_destructor(mut host: Host) {
    let live = Live::new();
    let (service, driver) = settled::<&str>().runtime(host.runtime()).open();
    host.spawn(driver.map(drop));
    for _ in 0..3 {
        let (handle, inside) = (service.clone(), live.clone());
        let calls = purview_tests::CallsOnDrop(move || {
            drop(handle.spawn(inside.within(pending::<Result<(), _>>())));
            drop(handle.spawn_parallel(inside.within(pending::<Result<(), _>>())));
            handle.cancel();
        });
        drop(service.spawn(async move {
            let _calls = calls;
            pending::<Result<(), &str>>().await
        }));
    }
    drop(service.spawn(live.within(pending::<Result<(), _>>())));
    let handle = service.clone();
    host.run_until(|| handle.len() == 4);
    drop((service, handle));
    host.shut_down();
    live.wait_dropped(7);
}

faults! {
    hosted {
        in_the_middle_of_scopes,
        with_a_driver_in_it,
        while_a_thread_waits,
        with_destructors_that_panic,
        from_inside_of_a_destructor,
    }
}
