//! A waker whose clone panics spoils the poll it was given to, and nothing else.

use std::future::{pending, ready};

use futures::{FutureExt, StreamExt};
use purview::{CancelToken, JoinAll, fail_fast, gather, settled, with_policy};
use purview_tests::{AnyRuntime, Gate, Trap, by_hand};

use crate::{
    live::Live,
    wakers::{Hostile, panics},
};

fn of_the_task_that_awaits_a_scope(runtime: AnyRuntime) {
    let (live, open, hostile) = (Live::new(), Gate::new(), Hostile::new(Trap::Clone));
    let mut run = by_hand(fail_fast::<&str>().runtime(runtime).run(async |s| {
        let tasks: Vec<_> = (0..6)
            .map(|i| s.spawn(live.within(open.wait().map(move |()| Ok(i)))))
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        Ok(sum)
    }));
    for _ in 0..3 {
        assert!(panics(|| run.poll_with(&hostile.waker())));
    }
    assert!(run.poll().is_pending());
    assert!(panics(|| run.poll_with(&hostile.waker())));
    open.open();
    assert!(panics(|| run.poll_with(&hostile.waker())));
    assert_eq!(run.finish().ok(), Some(15));
    live.assert_dropped(6);
    hostile.assert_dropped();
}

fn of_what_awaits_a_task(runtime: AnyRuntime) {
    let (live, open, hostile) = (Live::new(), Gate::new(), Hostile::new(Trap::Clone));
    let (service, driver) = settled::<&str>().runtime(runtime).open();
    let (mut driver, wait_for) = (by_hand(driver), open.wait());
    let value = live.value();
    let mut task = by_hand(service.spawn(async {
        wait_for.await;
        Ok(value)
    }));
    assert!(driver.poll_until_idle().is_pending());
    assert!(panics(|| task.poll_with(&hostile.waker())));
    assert!(task.poll().is_pending());
    assert!(panics(|| task.poll_with(&hostile.waker())));
    open.open();
    drop(service);
    assert!(driver.finish().is_ok());
    assert_eq!(task.wakes(), 1);
    assert!(task.finish().is_ok());
    live.assert_dropped(1);
    hostile.assert_dropped();
}

fn of_what_waits_on_a_token(_: AnyRuntime) {
    let (hostile, token) = (Hostile::new(Trap::Clone), CancelToken::new());
    let mut waiting = by_hand(token.cancelled());
    assert!(panics(|| waiting.poll_with(&hostile.waker())));
    assert!(waiting.poll().is_pending());
    let mut racing = by_hand(token.run_until_cancelled(pending::<()>()));
    assert!(panics(|| racing.poll_with(&hostile.waker())));
    token.cancel();
    assert_eq!(waiting.wakes(), 1);
    waiting.finish();
    assert_eq!(racing.finish(), None);
    hostile.assert_dropped();
}

fn of_what_waits_for_a_permit(runtime: AnyRuntime) {
    let (hostile, open) = (Hostile::new(Trap::Clone), Gate::new());
    let (service, driver) = settled::<&str>().runtime(runtime).limit(1).open();
    let mut driver = by_hand(driver);
    let wait = open.wait();
    drop(service.spawn(wait.map(Ok)));
    let handle = service.clone();
    let mut waiting = by_hand(async move { Some(handle.permit().await.spawn(ready(Ok(())))) });
    // The future that panics is spoilt, being an `async` block; the place it queued for must not be.
    assert!(panics(|| waiting.poll_with(&hostile.waker())));
    drop(waiting);
    let handle = service.clone();
    let mut again = by_hand(async move { Some(handle.permit().await.spawn(ready(Ok(())))) });
    assert!(again.poll().is_pending());
    open.open();
    assert!(driver.poll_until_idle().is_pending());
    let task = again.finish().expect("it was spawned");
    drop((again, service));
    assert!(driver.finish().is_ok());
    assert!(by_hand(task).finish().is_ok());
    hostile.assert_dropped();
}

fn of_the_task_that_awaits_a_gather(runtime: AnyRuntime) {
    let (live, open, hostile) = (Live::new(), Gate::new(), Hostile::new(Trap::Clone));
    let waits = |live: &Live| {
        let wait = open.wait();
        live.within(async {
            wait.await;
            Ok::<_, &str>(1)
        })
    };
    let mut all = by_hand(gather((0..3).map(|_| waits(&live))).runtime(runtime.clone()));
    let mut mixed = by_hand(purview::gather!(waits(&live), waits(&live)).runtime(runtime.clone()));
    let mut each = gather([waits(&live)]).runtime(runtime).as_completed();
    for _ in 0..2 {
        assert!(panics(|| all.poll_with(&hostile.waker())));
        assert!(panics(|| mixed.poll_with(&hostile.waker())));
        assert!(panics(|| drop(by_hand(each.next()).poll_with(&hostile.waker()))));
        assert!(all.poll().is_pending() && mixed.poll().is_pending() && by_hand(each.next()).poll().is_pending());
    }
    open.open();
    assert_eq!(all.finish().ok(), Some(vec![1; 3]));
    assert_eq!(mixed.finish().ok(), Some((1, 1)));
    assert!(by_hand(each.next()).finish().is_some());
    assert!(by_hand(each.next()).finish().is_none());
    live.assert_dropped(6);
    hostile.assert_dropped();
}

fn of_the_task_that_awaits_a_scope_which_is_dropped(runtime: AnyRuntime) {
    let (live, hostile) = (Live::new(), Hostile::new(Trap::Clone));
    let mut run = by_hand(with_policy(JoinAll::new()).runtime(runtime).run(async |s| {
        s.spawn(live.within(pending::<()>()));
        s.spawn_parallel(live.within(pending::<()>()));
        pending::<()>().await;
    }));
    assert!(run.poll_until_idle().is_pending());
    assert!(panics(|| run.poll_with(&hostile.waker())));
    drop(run);
    live.wait_dropped(2);
    hostile.assert_dropped();
}

faults! {
    by_hand {
        of_the_task_that_awaits_a_scope,
        of_what_awaits_a_task,
        of_what_waits_on_a_token,
        of_what_waits_for_a_permit,
        of_the_task_that_awaits_a_gather,
        of_the_task_that_awaits_a_scope_which_is_dropped,
    }
}
