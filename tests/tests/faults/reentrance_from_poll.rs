//! A child that meddles with its own scope, and with others, from its poll.

use std::{
    future::{pending, poll_fn},
    sync::{Arc, Mutex},
    task::Poll,
};

use futures::FutureExt;
use purview::{ScopeError, Task, fail_fast, scope, settled};
use purview_tests::{AnyRuntime, by_hand, caught, yields};

use crate::{
    live::Live,
    meddle::{everything, everything_and_cancel, nest},
};

type Ended = Result<(), ScopeError<&'static str>>;

async fn of_a_child(runtime: AnyRuntime) {
    let live = Live::new();
    let out: Ended = fail_fast()
        .runtime(runtime)
        .run(async |s| {
            for _ in 0..3 {
                let (handle, inside) = (s.clone(), live.clone());
                s.spawn(live.within(async move {
                    everything(&handle, &inside);
                    yields(1).await;
                    everything(&handle, &inside);
                    Ok(())
                }));
            }
            Ok(())
        })
        .await;
    assert!(out.is_ok(), "{out:?}");
    live.all_dropped(live.made()).await;
}

async fn of_a_parallel_child(runtime: AnyRuntime) {
    let live = Live::new();
    let out: Ended = fail_fast()
        .runtime(runtime)
        .run(async |s| {
            for _ in 0..3 {
                let (handle, inside) = (s.clone(), live.clone());
                s.spawn_parallel(live.within(async move {
                    everything(&handle, &inside);
                    yields(1).await;
                    everything(&handle, &inside);
                    Ok(())
                }));
            }
            Ok(())
        })
        .await;
    assert!(out.is_ok(), "{out:?}");
    live.all_dropped(live.made()).await;
}

async fn of_the_body_and_a_finalizer(runtime: AnyRuntime) {
    let live = Live::new();
    let out: Ended = fail_fast()
        .runtime(runtime)
        .run(async |s| {
            let (handle, inside) = (s.clone(), live.clone());
            s.defer(live.within(async move {
                everything(&handle, &inside);
                yields(1).await;
                nest(&inside);
            }));
            everything(&s, &live);
            yields(1).await;
            everything(&s, &live);
            Ok(())
        })
        .await;
    assert!(out.is_ok(), "{out:?}");
    live.all_dropped(live.made()).await;
}

async fn of_a_child_that_cancels(runtime: AnyRuntime) {
    for parallel in [false, true] {
        let live = Live::new();
        let out: Ended = fail_fast()
            .runtime(runtime.clone())
            .run(async |s| {
                let (handle, inside) = (s.clone(), live.clone());
                let meddles = live.within(async move {
                    everything_and_cancel(&handle, &inside);
                    pending::<Result<(), _>>().await
                });
                drop(if parallel {
                    s.spawn_parallel(meddles)
                } else {
                    s.spawn(meddles)
                });
                s.spawn(live.within(pending::<Result<(), _>>()));
                pending().await
            })
            .await;
        assert_eq!(
            out.expect_err("it was cancelled").to_string(),
            "cancelled on request: meddled with"
        );
        live.all_dropped(live.made()).await;
    }
}

/// Somewhere to leave the handle of a child for the child itself.
type Place<T> = Arc<Mutex<Option<Task<T>>>>;

async fn of_a_child_that_cancels_itself(runtime: AnyRuntime) {
    let live = Live::new();
    let out = settled::<&str>().runtime(runtime).run(async |s| {
        for parallel in [false, true] {
            let place: Place<Result<(), purview::TaskError<&str>>> = Place::default();
            let own = place.clone();
            let cancels = live.within(async move {
                yields(1).await;
                while own.lock().unwrap().is_none() {
                    yields(1).await;
                }
                own.lock().unwrap().as_ref().expect("it is there").cancel();
                pending::<Result<(), _>>().await
            });
            let task = if parallel {
                s.spawn_parallel(cancels)
            } else {
                s.spawn(cancels)
            };
            *place.lock().unwrap() = Some(task);
            while place.lock().unwrap().as_ref().is_some_and(|task| !task.is_finished()) {
                yields(1).await;
            }
            let task = place.lock().unwrap().take().expect("it is there");
            assert!(task.await.is_err());
        }
        Ok(())
    });
    assert!(out.await.is_ok());
    live.all_dropped(2).await;
}

/// Its own task can be polled and dropped; it cannot have a value before it ends.
async fn of_a_child_that_awaits_and_drops_itself(_: AnyRuntime) {
    let (live, place) = (Live::new(), Place::<u32>::default());
    let out = scope(async |s| {
        let own = place.clone();
        let task = s.spawn(live.within(async move {
            let mut task = own.lock().unwrap().take().expect("it is there");
            poll_fn(|cx| {
                assert!(task.poll_unpin(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            yields(2).await;
            assert!(!task.is_finished());
            drop(task);
            7
        }));
        *place.lock().unwrap() = Some(task);
        s.spawn(yields(5)).await;
        s.len()
    });
    assert_eq!(out.await, 0);
    live.assert_dropped(1);
}

/// Two siblings that await each other wait for ever; cancelling ends both.
async fn of_children_that_await_each_other(runtime: AnyRuntime) {
    let live = Live::new();
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let places: [Place<()>; 2] = Default::default();
        for i in 0..2 {
            let (own, other) = (places[i].clone(), places[1 - i].clone());
            let task = s.spawn(live.within(async move {
                while other.lock().unwrap().is_none() {
                    yields(1).await;
                }
                let task = other.lock().unwrap().take().expect("it is there");
                task.await;
                Ok(())
            }));
            *own.lock().unwrap() = Some(task);
        }
        yields(5).await;
        assert_eq!(s.len(), 2);
        s.cancel();
        pending::<Result<(), _>>().await
    });
    assert!(out.await.expect_err("it was cancelled").is_cancelled());
    live.assert_dropped(2);
}

/// A scope is polled, and dropped, by a child of another.
async fn of_a_child_that_drives_another_scope(runtime: AnyRuntime) {
    let live = Live::new();
    let (service, driver) = settled::<&str>().runtime(runtime).open();
    let mut driver = by_hand(driver);
    let out = caught(scope(async |s| {
        let (handle, inside) = (service.clone(), live.clone());
        s.spawn(live.within(async move {
            let task = handle.spawn(inside.within(yields(2).map(|()| Ok(7))));
            assert!(driver.poll_until_idle().is_pending());
            assert_eq!(task.await.ok(), Some(7));
            drop(handle.spawn(inside.within(pending::<Result<(), _>>())));
            assert!(driver.poll_until_idle().is_pending());
            drop(driver);
        }));
    }));
    assert_eq!(out.await, Ok(()));
    assert!(service.is_cancelled());
    live.assert_dropped(3);
}

faults! {
    run {
        of_a_child,
        of_a_parallel_child,
        of_the_body_and_a_finalizer,
        of_a_child_that_cancels,
        of_a_child_that_cancels_itself,
        of_a_child_that_awaits_and_drops_itself,
        of_children_that_await_each_other,
        of_a_child_that_drives_another_scope,
    }
}
