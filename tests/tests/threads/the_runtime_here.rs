//! `runtime::current()`: the scope's, else the one that would serve a scope opened here.

use std::time::Duration;

use purview::{Spawner, Timer, fail_fast, runtime, spawn_blocking};
use purview_test::VirtualRuntime;
use purview_tests::{HandExecutor, TestClock, by_hand, on_tokio, polled_on_every_runtime};

fn inside_a_scope_it_is_the_scopes() {
    let clock = TestClock::new();
    let (outer, inner) = (clock.clone(), TestClock::new());
    let there = inner.clone();
    let seen = fail_fast::<()>().runtime(outer).run(async |_| {
        let here = runtime::current().now();
        let inside = fail_fast::<()>()
            .runtime(there)
            .run(async |_| Ok(runtime::current().now()))
            .await
            .map_err(drop)?;
        let inherited = fail_fast::<()>()
            .run(async |_| Ok(runtime::current().now()))
            .await
            .map_err(drop)?;
        Ok((here, inside, inherited))
    });
    inner.advance(Duration::from_secs(60));
    let seen = by_hand(async { seen.await.map_err(drop) }).finish();
    assert_eq!(seen, Ok((clock.now(), inner.now(), clock.now())));
}

fn what_it_spawns_runs_there() {
    let executor = HandExecutor::new();
    let spawned = fail_fast::<()>()
        .runtime(executor.clone())
        .run(async |_| runtime::current().spawn(Box::pin(async {})).map_err(drop));
    assert!(by_hand(spawned).finish().is_ok());
    assert_eq!(executor.futures(), 1);
}

/// Which tokio runtime runs it.
async fn outside_any_scope_it_is_the_one_that_the_features_select() {
    let (tell, told) = futures::channel::oneshot::channel();
    let spawn = runtime::current().spawn(Box::pin(async move {
        let _ = tell.send(tokio::runtime::Handle::try_current().map(|handle| handle.id()).ok());
    }));
    assert!(spawn.is_ok());
    assert_eq!(told.await, Ok(Some(tokio::runtime::Handle::current().id())));
}

#[test]
fn under_a_virtual_runtime_it_is_the_virtual_one() {
    let rt = VirtualRuntime::new();
    let slept = rt.block_on(async {
        let here = runtime::current();
        let began = here.now();
        here.sleep_until(began + Duration::from_secs(3600)).await;
        here.now() - began
    });
    assert_eq!(
        (slept, rt.elapsed()),
        (Duration::from_secs(3600), Duration::from_secs(3600))
    );
}

#[test]
fn a_closure_on_the_virtual_runtime_is_awaited_like_any_other() {
    let out = VirtualRuntime::new().block_on(async {
        let n = spawn_blocking(|| 7).await;
        n + fail_fast::<()>()
            .run(async |_| Ok(spawn_blocking(|| 8).await))
            .await
            .unwrap()
    });
    assert_eq!(out, 15);
}

#[test]
fn there_is_one_block_on() {
    let module: fn(std::future::Ready<()>) = runtime::block_on;
    let root: fn(std::future::Ready<()>) = purview::block_on;
    let executor = tokio::runtime::Runtime::new().unwrap();
    // Both refuse on a thread on which tokio drives tasks.
    for block_on in [module, root] {
        let refused = executor.block_on(async {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| block_on(std::future::ready(())))).is_err()
        });
        assert!(refused);
    }
}

polled_on_every_runtime!(inside_a_scope_it_is_the_scopes, what_it_spawns_runs_there);
on_tokio!(outside_any_scope_it_is_the_one_that_the_features_select);
