//! The values that a future is bound to are there as it is dropped: what its destructors say of a cancelled request names
//! that request, and no other.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    time::Duration,
};

use purview::{checkpoint, context_key, fail_fast, gather, scope, settled, timeout};
use purview_tests::{CallsOnDrop, Log, by_hand, caught, on_every_runtime, polled_on_every_runtime};

context_key! {
    static REQUEST: &'static str;
    static BOMB: Bomb;
}

/// Panics as it is dropped, while its thread is unwinding too: two that meet end the process.
struct Bomb(&'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        panic_any(self.0);
    }
}

/// Never ends; its destructor notes the request that it sees.
async fn dropped<T>(log: Log) -> T {
    let _calls = CallsOnDrop(|| log.note(REQUEST.get().unwrap_or("none")));
    pending().await
}

fn a_future_that_is_dropped_half_way() {
    let log = Log::new();
    let mut outer = by_hand(REQUEST.scope("outer", async {
        let mut inner = by_hand(REQUEST.scope("inner", dropped::<()>(log.clone())));
        assert!(inner.poll().is_pending());
        drop(inner);
        dropped::<()>(log.clone()).await;
    }));
    assert!(outer.poll().is_pending());
    drop(outer);
    assert_eq!(log.entries(), ["inner", "outer"]);
    assert_eq!(REQUEST.get(), None);
}

fn a_future_that_was_never_polled() {
    let log = Log::new();
    let calls = CallsOnDrop(|| log.note(REQUEST.get().unwrap_or("none")));
    drop(REQUEST.scope("r-1", async move {
        let _calls = calls;
    }));
    assert_eq!(log.entries(), ["r-1"]);
}

/// What drops it is elsewhere, and bound to another value.
fn a_child_whose_scope_is_dropped() {
    let log = Log::new();
    let mut run = by_hand(REQUEST.scope(
        "spawner",
        fail_fast::<()>().run(async |s| {
            s.spawn(REQUEST.scope("its own", dropped::<Result<(), _>>(log.clone())));
            s.spawn(dropped::<Result<(), _>>(log.clone()));
            dropped::<Result<(), _>>(log.clone()).await
        }),
    ));
    assert!(run.poll_until_idle().is_pending());
    by_hand(REQUEST.scope("elsewhere", async { drop(run) })).finish();
    assert_eq!(log.entries(), ["spawner", "spawner", "its own"]);
}

async fn children_that_are_cancelled() {
    let log = Log::new();
    let out = fail_fast::<()>().run(async |s| {
        for request in ["r-1", "r-2"] {
            let spawned = async { drop(s.spawn(dropped::<Result<(), _>>(log.clone()))) };
            REQUEST.scope(request, spawned).await;
        }
        checkpoint().await;
        s.cancel();
        dropped::<Result<(), _>>(log.clone()).await
    });
    assert!(REQUEST.scope("body", out).await.is_err());
    assert_eq!(log.entries(), ["body", "r-2", "r-1"]);
}

/// The one that was spawned outside of all requests is dropped by a driver that is polled inside one.
async fn children_and_guests_of_an_open_scope() {
    let log = Log::new();
    let (service, driver) = settled::<()>().open();
    service.spawn(dropped::<Result<(), _>>(log.clone()));
    let guest = REQUEST.scope("guest", async {
        let guest = service.enter(dropped::<Result<(), _>>(log.clone()));
        service.spawn_parallel(dropped::<Result<(), _>>(log.clone()));
        guest.await
    });
    let cancel = async {
        checkpoint().await;
        checkpoint().await;
        service.cancel();
    };
    let (guest, _, ()) = futures::join!(guest, REQUEST.scope("driver", driver), cancel);
    assert!(guest.is_ok_and(|end| end.is_err()));
    let mut seen = log.entries();
    seen.sort();
    // The parallel child may not have been polled.
    seen.dedup();
    assert_eq!(seen, ["guest", "none"]);
}

/// They were polled inside a request, and are dropped outside of it.
fn what_a_timeout_and_a_gather_drop() {
    let log = Log::new();
    let mut late = Box::pin(timeout(Duration::MAX, dropped::<()>(log.clone())));
    assert!(by_hand(REQUEST.scope("timeout", late.as_mut())).poll().is_pending());
    drop(late);
    let futures = [(); 2].map(|()| dropped::<Result<(), &str>>(log.clone()));
    let mut all = Box::pin(gather(futures));
    assert!(by_hand(REQUEST.scope("gather", all.as_mut())).poll().is_pending());
    drop(all);
    assert_eq!(log.entries(), ["timeout", "gather", "gather"]);
}

async fn a_value_and_a_future_that_panic_as_they_are_dropped_do_not_meet() {
    let bound = || {
        BOMB.scope(Bomb("the value"), async {
            let _bomb = Bomb("the future");
            pending::<()>().await;
        })
    };
    let said = caught(scope(async |s| {
        let child = s.spawn(bound());
        checkpoint().await;
        child.cancel();
        pending::<()>().await;
    }));
    assert_eq!(said.await, Err("the future".to_owned()));

    let mut alone = Box::pin(bound());
    assert!(futures::poll!(alone.as_mut()).is_pending());
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(alone)));
    assert_eq!(dropped.unwrap_err().downcast_ref(), Some(&"the future"));
}

polled_on_every_runtime!(
    a_future_that_is_dropped_half_way,
    a_future_that_was_never_polled,
    a_child_whose_scope_is_dropped,
    what_a_timeout_and_a_gather_drop,
);
on_every_runtime!(
    children_that_are_cancelled,
    children_and_guests_of_an_open_scope,
    a_value_and_a_future_that_panic_as_they_are_dropped_do_not_meet,
);
