//! Every handle that a scope gives out may be kept until after its end, and then says so.

use std::{
    future::{pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use futures::{FutureExt, StreamExt};
use purview::{CancelReason, FailFast, RejectReason, Scope, StartError, TaskError, fail_fast, scope, settled};
use purview_tests::{AnyRuntime, by_hand, caught, message_of, yields};

use crate::live::Live;

/// Uses a handle whose scope is over; nothing that is given to it is polled.
#[track_caller]
fn is_over(s: &Scope<'static, FailFast<&'static str>>, live: &Live) {
    let never = || live.within(async { if true { panic!("polled after the end") } else { Ok(()) } });
    assert!(matches!(s.try_spawn(never()), Err(rejected) if *rejected.reason() == RejectReason::Ended));
    let mut tasks = vec![
        s.spawn(never()),
        s.spawn_parallel(never()),
        s.task().daemon().name("late").spawn(never()),
    ];
    let value = live.value();
    tasks.push(s.spawn_blocking(move |_| {
        let _value = value;
        if true { panic!("run after the end") } else { Ok(()) }
    }));
    tasks.push(by_hand(s.permit()).finish().spawn(never()));
    assert!(tasks.iter().all(purview::Task::is_finished));
    for task in tasks {
        let said = by_hand(caught(task)).finish();
        assert!(said.is_err_and(|said: String| said.contains("has no value to give")));
    }
    s.defer(live.within(ready(())));
    let mut started = by_hand(s.start(|ready: purview::Ready<()>| {
        drop(ready);
        live.within(ready_ok())
    }));
    assert!(matches!(
        started.finish(),
        Err(StartError::Cancelled(CancelReason::Ended))
    ));
    let mut items = s.produce(1, |tx: purview::Sender<()>| {
        drop(tx);
        live.within(ready_ok())
    });
    assert!(by_hand(items.next()).finish().is_none());
    assert!(s.set_deadline(None).is_err());
    s.cancel();
    s.close();
    assert_eq!((s.len(), s.is_empty(), s.is_cancelled()), (0, true, false));
    assert_eq!(by_hand(s.token().cancelled()).finish(), CancelReason::Ended);
    assert_eq!(by_hand(s.shutdown(Duration::MAX)).finish().finished.len(), 0);
    assert!(!format!("{s:?}").is_empty());
}

fn ready_ok() -> impl Future<Output = Result<(), &'static str>> {
    ready(Ok(()))
}

async fn of_a_scope_that_has_ended(runtime: AnyRuntime) {
    let live = Live::new();
    let s = fail_fast()
        .runtime(runtime)
        .limit(2)
        .run(async |s| Ok(s))
        .await
        .expect("no child failed");
    is_over(&s, &live);
    assert_eq!(live.alive(), 0);
    assert!(live.made() >= 6);
}

/// A handle that the children of another scope, of the same runtime, use.
async fn by_children_of_the_next_scope(runtime: AnyRuntime) {
    let live = Live::new();
    let old = fail_fast()
        .runtime(runtime.clone())
        .run(async |s| Ok(s))
        .await
        .expect("no child failed");
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        let (here, live) = (old.clone(), live.clone());
        s.spawn_parallel(async move {
            is_over(&here, &live);
            Ok(())
        })
        .await;
        Ok(())
    });
    assert!(out.await.is_ok());
    is_over(&old, &live);
    assert_eq!(live.alive(), 0);
}

async fn of_tasks(runtime: AnyRuntime) {
    let live = Live::new();
    let out = settled::<&str>().runtime(runtime.clone()).run(async |s| {
        let there = s.spawn_parallel(live.within(yields(3).map(|()| Ok(1))));
        let here = s.spawn(live.within(yields(3).map(|()| Ok(2))));
        let fails = s.spawn(live.within(yields(3).map(|()| Err::<u32, _>("no"))));
        let cut = s.task().daemon().spawn(live.within(pending::<Result<u32, _>>()));
        Ok([there, here, fails, cut])
    });
    let settlement = out.await.expect("the body worked");
    live.all_dropped(4).await;
    let [there, here, fails, cut] = settlement.value;
    assert_eq!(
        (settlement.failures.len(), there.await.ok(), here.await.ok()),
        (1, Some(1), Some(2))
    );
    // The failure has come out of the scope, and not a second time here.
    assert!(matches!(fails.await, Err(TaskError::Cancelled(CancelReason::Ended))));
    assert!(matches!(cut.await, Err(TaskError::Cancelled(CancelReason::Ended))));
}

async fn of_tasks_of_a_scope_that_failed(_: AnyRuntime) {
    let (live, (tx, rx)) = (Live::new(), futures::channel::oneshot::channel());
    let out = fail_fast().run(async |s| {
        let done = s.spawn(live.within(ready(Ok(1))));
        let never = s.spawn(live.within(pending::<Result<u32, _>>()));
        while !done.is_finished() {
            yields(1).await;
        }
        tx.send((done, never)).ok();
        Err::<(), _>("no")
    });
    assert!(out.await.is_err());
    let (done, never) = rx.await.expect("they were sent");
    done.cancel();
    never.cancel();
    assert_eq!((done.is_finished(), never.is_finished(), done.await), (true, true, 1));
    assert!(
        caught(never)
            .await
            .is_err_and(|said| said.contains("its scope has ended"))
    );
    live.assert_dropped(2);
}

/// A task whose value has been taken, and is awaited again.
async fn of_a_task_that_is_polled_again(_: AnyRuntime) {
    let mut task = scope(async |s| s.spawn(ready(7))).await;
    assert_eq!((&mut task).await, 7);
    assert!(
        caught(&mut task)
            .await
            .is_err_and(|said| said.contains("after it had given its value"))
    );
}

async fn of_a_permit_a_sender_and_a_ready(runtime: AnyRuntime) {
    let live = Live::new();
    let out = fail_fast::<&str>().runtime(runtime).limit(3).run(async |s| {
        let (send, sender) = futures::channel::oneshot::channel();
        let items = s.produce(2, async |tx| {
            send.send(tx).ok();
            Ok(())
        });
        let (send, ready) = futures::channel::oneshot::channel();
        let started = s.start(async |ready: purview::Ready<u32>| {
            send.send(ready).ok();
            Ok(())
        });
        assert!(matches!(started.await, Err(StartError::NeverReady)));
        Ok((s.permit().await, sender.await.unwrap(), items, ready.await.unwrap()))
    });
    let (permit, sender, mut items, ready) = out.await.expect("no child failed");
    let task = permit.spawn(live.within(pending::<Result<(), _>>()));
    assert!(task.is_finished());
    // What is sent to a stream that is still there arrives.
    assert!(sender.send(live.value()).await.is_ok());
    assert!(items.next().await.is_some());
    drop(sender);
    assert!(items.next().await.is_none());
    assert_eq!((ready.set(1), ready.set(2).is_err()), (Ok(()), true));
    live.assert_dropped(2);
}

fn of_a_future_that_is_polled_again(runtime: AnyRuntime) {
    let mut run = by_hand(fail_fast::<&str>().runtime(runtime).run(async |_| Ok(7)));
    assert_eq!(run.finish().ok(), Some(7));
    for _ in 0..2 {
        let again = catch_unwind(AssertUnwindSafe(|| drop(run.poll())));
        assert!(message_of(&*again.expect_err("it is over")).contains("after it has resolved"));
    }
}

faults! {
    run {
        of_a_scope_that_has_ended,
        by_children_of_the_next_scope,
        of_tasks,
        of_tasks_of_a_scope_that_failed,
        of_a_task_that_is_polled_again,
        of_a_permit_a_sender_and_a_ready,
    }
    by_hand {
        of_a_future_that_is_polled_again,
    }
}
