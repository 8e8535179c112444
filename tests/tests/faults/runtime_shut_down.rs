//! A scope that outlives the runtime that serves it: what ran there is told as lost, and the scope goes on without.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use futures::FutureExt;
use purview::{CancelReason, CancelToken, TaskError, fail_fast, settled, sleep, timeout};
use purview_tests::yields;

use crate::{host::Host, live::Live};

/// Counts the children that have begun.
#[derive(Clone, Default)]
struct Begun(Arc<AtomicUsize>);

impl Begun {
    fn note(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    fn count(&self) -> usize {
        self.0.load(SeqCst)
    }
}

fn under_parallel_children(mut host: Host) {
    let (live, begun) = (Live::new(), Begun::default());
    let (service, driver) = settled::<&str>().runtime(host.runtime()).open();
    let scope = thread::spawn(move || purview::block_on(driver));
    let tasks: Vec<_> = (0..5)
        .map(|_| {
            let begun = begun.clone();
            service.spawn_parallel(live.within(async move {
                begun.note();
                pending::<Result<(), _>>().await
            }))
        })
        .collect();
    host.run_until(|| begun.count() == 5);
    let in_executor = host.takes_futures();
    host.shut_down();
    if in_executor {
        for task in tasks {
            let lost = purview::block_on(task);
            assert!(
                matches!(lost, Err(TaskError::Cancelled(CancelReason::Requested(Some(_))))),
                "{lost:?}"
            );
        }
    }
    // The runtime accepts these no longer, and they run where the scope does.
    let after: Vec<_> = (0..5)
        .map(|i| service.spawn_parallel(live.within(yields(3).map(move |()| Ok(i)))))
        .collect();
    let sum: usize = after
        .into_iter()
        .map(|task| purview::block_on(task).expect("it runs"))
        .sum();
    assert_eq!(sum, 10);
    service.cancel();
    drop(service);
    assert!(scope.join().expect("it goes on").is_ok());
    live.wait_dropped(10);
}

/// Where the policy has no value for a child that is lost, the scope is cancelled and says why.
fn under_a_fail_fast_scope(mut host: Host) {
    let (live, begun, token) = (Live::new(), Begun::default(), CancelToken::new());
    let scope = fail_fast::<&str>().runtime(host.runtime()).cancel_on(&token);
    let (inside, noted) = (live.clone(), begun.clone());
    let scope = thread::spawn(move || {
        purview::block_on(scope.run(async |s| {
            s.spawn(inside.within(pending::<Result<(), _>>()));
            let noted = noted.clone();
            s.spawn_parallel(inside.within(async move {
                noted.note();
                pending::<Result<(), _>>().await
            }))
            .await;
            Ok(())
        }))
    });
    host.run_until(|| begun.count() == 1);
    let in_executor = host.takes_futures();
    host.shut_down();
    if !in_executor {
        // The child runs in the scope's own task, which only the test stops.
        assert_eq!(live.alive(), 2);
        token.cancel_with("the runtime dropped it: there is none");
    }
    let error = scope.join().expect("it ends").expect_err("a child was lost");
    assert!(
        error.is_cancelled() && error.to_string().contains("the runtime dropped it"),
        "{error}"
    );
    live.wait_dropped(2);
}

/// Time goes on for what still waits for it.
fn under_sleepers(mut host: Host) {
    let (live, begun) = (Live::new(), Begun::default());
    let (runtime, inside, noted) = (host.runtime(), live.clone(), begun.clone());
    let scope = thread::spawn(move || {
        purview::block_on(settled::<&str>().runtime(runtime).run(async |s| {
            let sleeps = s.spawn(inside.within(sleep(Duration::from_millis(3)).map(|()| Ok(1))));
            let late = timeout(Duration::from_millis(3), pending::<()>());
            let late = s.spawn(inside.within(late.map(|late| Ok(if late.is_err() { 2 } else { 0 }))));
            yields(3).await;
            noted.note();
            let after = sleeps.await.unwrap_or(0);
            sleep(Duration::from_millis(1)).await;
            Ok(after + late.await.unwrap_or(0))
        }))
    });
    host.run_until(|| begun.count() == 1);
    let move_clock = host.clock();
    host.shut_down();
    while !scope.is_finished() {
        move_clock();
    }
    assert_eq!(scope.join().expect("it ends").expect("the body worked").value, 3);
    live.wait_dropped(2);
}

fn before_a_scope_begins(host: Host) {
    let live = Live::new();
    let runtime = host.runtime();
    host.shut_down();
    let value = live.value();
    let scope = settled::<&str>()
        .runtime(runtime)
        .timeout(Duration::from_secs(3_600))
        .run(async |s| {
            let parallel = s.spawn_parallel(live.within(yields(3).map(|()| Ok(1))));
            let closure = s.spawn_blocking(move |_| {
                drop(value);
                Ok(2)
            });
            let plain = s.spawn(live.within(yields(3).map(|()| Ok(4))));
            Ok((parallel.await, closure.await, plain.await))
        });
    let (parallel, closure, plain) = purview::block_on(scope).expect("the body worked").value;
    assert_eq!((parallel.ok(), plain.ok()), (Some(1), Some(4)));
    // A pool of the process's own may still run it.
    assert!(
        matches!(
            closure,
            Ok(2) | Err(TaskError::Cancelled(CancelReason::Requested(Some(_))))
        ),
        "{closure:?}"
    );
    live.wait_dropped(3);
}

faults! {
    hosted {
        under_parallel_children,
        under_a_fail_fast_scope,
        under_sleepers,
        before_a_scope_begins,
    }
}
