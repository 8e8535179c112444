//! A panic in any poll goes where the policy says, once, and all other tasks are dropped.

use std::{future::pending, time::Duration};

use futures::{FutureExt, StreamExt};
use purview::{StartError, TaskError, fail_fast, gather, scope, settled, shield, timeout, try_scope};
use purview_tests::{AnyRuntime, caught, yield_now, yields};

use crate::live::Live;

/// A future that panics in its second poll, and owns a value until then.
async fn panics(live: Live, message: &'static str) -> Result<(), &'static str> {
    let _value = live.value();
    yield_now().await;
    std::panic::panic_any(message)
}

async fn of_a_child(runtime: AnyRuntime) {
    let live = Live::new();
    let plain = scope(async |s| {
        s.spawn(live.within(pending::<()>()));
        s.spawn(panics(live.clone(), "in poll"));
        pending::<()>().await;
    });
    assert_eq!(caught(plain).await, Err("in poll".into()));
    let bare = try_scope(async |s| {
        s.spawn(live.within(pending::<Result<(), _>>()));
        s.spawn(panics(live.clone(), "in poll"));
        pending::<Result<(), _>>().await
    });
    assert_eq!(caught(bare).await, Err("in poll".into()));
    let limited = fail_fast().runtime(runtime).limit(1).run(async |s| {
        s.spawn(panics(live.clone(), "in poll"));
        s.spawn(live.within(pending::<Result<(), _>>()));
        s.permit().await.spawn(async { Ok(()) });
        Ok(())
    });
    assert_eq!(caught(limited).await.err(), Some("in poll".into()));
    live.assert_dropped(6);
}

async fn of_two_children_at_once(_: AnyRuntime) {
    let live = Live::new();
    let outcome = caught(scope(async |s| {
        for message in ["first", "second", "third"] {
            s.spawn(panics(live.clone(), message));
        }
        s.spawn(shield(panics(live.clone(), "while it cleans up")));
    }));
    let surfaced = outcome.await.expect_err("three of them panicked");
    assert!(["first", "second", "third"].contains(&surfaced.as_str()), "{surfaced}");
    live.assert_dropped(4);
}

async fn of_a_thousand_settled_children(runtime: AnyRuntime) {
    let live = Live::new();
    let out = settled().runtime(runtime).run(async |s| {
        let mut awaited = 0;
        for i in 0..1_000 {
            let task = s.spawn(panics(live.clone(), "in poll"));
            if i % 2 == 0 {
                assert!(matches!(task.await, Err(TaskError::Panicked(panic)) if panic.message() == Some("in poll")));
                awaited += 1;
            }
        }
        Ok(awaited)
    });
    let settlement = out.await.expect("the body worked");
    assert_eq!((settlement.value, settlement.failures.len()), (500, 500));
    live.assert_dropped(1_000);
}

async fn of_the_body(_: AnyRuntime) {
    let live = Live::new();
    let outcome = caught(scope(async |s| {
        s.spawn(live.within(pending::<()>()));
        s.spawn_parallel(live.within(pending::<()>()));
        yield_now().await;
        if true {
            panic!("the body");
        }
    }));
    assert_eq!(outcome.await, Err("the body".into()));
    live.all_dropped(2).await;
}

async fn of_a_settled_body(runtime: AnyRuntime) {
    let live = Live::new();
    let out = settled::<&str>().runtime(runtime).run(async |s| {
        s.spawn(live.within(pending::<Result<(), _>>()));
        yield_now().await;
        if true {
            panic!("the body");
        }
        Ok(())
    });
    let error = out.await.expect_err("the body panicked");
    assert!(error.is_failed() && error.failures().len() == 1);
    live.assert_dropped(1);
}

async fn of_a_parallel_child(runtime: AnyRuntime) {
    let live = Live::new();
    let out = fail_fast::<&str>().runtime(runtime.clone()).run(async |s| {
        s.spawn(live.within(pending::<Result<(), _>>()));
        s.spawn_parallel(live.within(pending::<Result<(), _>>()));
        s.spawn_parallel(panics(live.clone(), "in parallel"));
        pending::<Result<(), _>>().await
    });
    assert_eq!(caught(out).await.err(), Some("in parallel".into()));
    let out = settled().runtime(runtime).run(async |s| {
        let bad = s.spawn_parallel(panics(live.clone(), "in parallel"));
        let good = s.spawn_parallel(async { Ok(7) });
        assert!(matches!(bad.await, Err(TaskError::Panicked(_))));
        Ok(good.await.ok())
    });
    assert_eq!(out.await.expect("the body worked").value, Some(7));
    live.all_dropped(4).await;
}

async fn of_a_blocking_closure(runtime: AnyRuntime) {
    let live = Live::new();
    let value = live.value();
    let out = settled::<()>().runtime(runtime).run(async |s| {
        let bad = s.spawn_blocking(move |_| {
            let _value = value;
            if true {
                panic!("on the pool");
            }
            Ok(())
        });
        Ok(matches!(bad.await, Err(TaskError::Panicked(panic)) if panic.message() == Some("on the pool")))
    });
    assert!(out.await.expect("the body worked").value);
    live.all_dropped(1).await;
}

async fn of_a_finalizer(runtime: AnyRuntime) {
    let live = Live::new();
    let out = fail_fast().runtime(runtime).run(async |s| {
        s.defer(live.within(yields(2)));
        s.defer(panics(live.clone(), "in a finalizer"));
        s.defer(live.within(yields(2)));
        Ok(7)
    });
    assert_eq!(caught(out).await.err(), Some("in a finalizer".into()));
    live.assert_dropped(3);
}

async fn inside_nested_scopes(_: AnyRuntime) {
    let live = Live::new();
    let outcome = caught(scope(async |outer| {
        outer.spawn(live.within(pending::<()>()));
        outer.spawn(async {
            scope(async |inner| {
                inner.spawn(live.within(pending::<()>()));
                inner.spawn(async {
                    let _ = timeout(Duration::MAX, panics(live.clone(), "deep inside")).await;
                });
            })
            .await;
        });
    }));
    assert_eq!(outcome.await, Err("deep inside".into()));
    live.assert_dropped(3);
}

async fn of_a_future_in_a_gather(runtime: AnyRuntime) {
    let live = Live::new();
    let futures = |live: &Live| {
        let rest = (0..5).map(|_| live.within(pending::<Result<(), &str>>()));
        let all: Vec<_> = rest.map(FutureExt::boxed).collect();
        std::iter::once(panics(live.clone(), "in a gather").boxed()).chain(all)
    };
    let all = caught(gather(futures(&live)).runtime(runtime.clone()));
    assert_eq!(all.await.err(), Some("in a gather".into()));
    let first = gather(futures(&live)).runtime(runtime.clone()).first().await;
    assert!(matches!(first, Ok((0, Err(TaskError::Panicked(_))))));
    let quorum = gather(futures(&live)).runtime(runtime.clone()).quorum(6).await;
    assert_eq!(quorum.expect_err("out of reach").failures().len(), 1);
    let mut each = gather(futures(&live)).runtime(runtime).as_completed();
    assert!(matches!(each.next().await, Some((0, Err(TaskError::Panicked(_))))));
    drop(each);
    live.assert_dropped(24);
}

async fn of_a_child_that_starts_or_produces(runtime: AnyRuntime) {
    let live = Live::new();
    let out = settled().runtime(runtime).run(async |s| {
        let started = s.start(async |ready| {
            panics(live.clone(), "before it was ready").await?;
            ready.set(1).ok();
            Ok(())
        });
        assert!(matches!(started.await, Err(StartError::Panicked(_))));
        let mut items = s.produce(1, async |tx| {
            tx.send(live.value()).await.ok();
            panics(live.clone(), "after an item").await
        });
        assert!(items.next().await.is_some());
        assert!(items.next().await.is_none());
        Ok(())
    });
    assert_eq!(out.await.expect("the body worked").failures.len(), 1);
    live.assert_dropped(3);
}

faults! {
    run {
        of_a_child,
        of_two_children_at_once,
        of_a_thousand_settled_children,
        of_the_body,
        of_a_settled_body,
        of_a_parallel_child,
        of_a_blocking_closure,
        of_a_finalizer,
        inside_nested_scopes,
        of_a_future_in_a_gather,
        of_a_child_that_starts_or_produces,
    }
}
