//! A waker whose drop panics: the panic may reach the code that drops it; nothing is lost to it.

use std::{
    future::{pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
};

use futures::FutureExt;
use purview::{CancelToken, fail_fast, gather, settled};
use purview_tests::{AnyRuntime, Gate, Trap, by_hand, message_of};

use crate::{
    live::Live,
    wakers::{Hostile, leave_waker, panics},
};

fn that_was_given_to_an_earlier_poll_of_a_scope(runtime: AnyRuntime) {
    let (live, hostile, open) = (Live::new(), Hostile::new(Trap::Drop), Gate::new());
    let mut run = by_hand(fail_fast::<&str>().runtime(runtime).run(async |s| {
        let task = s.spawn(live.within(open.wait().map(|()| Ok(7))));
        Ok(task.await)
    }));
    assert!(run.poll_until_idle().is_pending());
    for _ in 0..3 {
        leave_waker(&hostile, &mut run);
        assert!(panics(|| drop(run.poll())));
        assert!(run.poll_until_idle().is_pending());
    }
    open.open();
    assert_eq!(run.finish().ok(), Some(7));
    live.assert_dropped(1);
    hostile.assert_dropped();
}

/// A scope that ends in the poll of another of its users' wakers drops the one it has.
fn that_is_dropped_when_the_scope_ends(runtime: AnyRuntime) {
    let (live, hostile) = (Live::new(), Hostile::new(Trap::Drop));
    let (service, driver) = settled::<&str>().runtime(runtime).open();
    let mut driver = by_hand(driver);
    let task = service.spawn(live.within(ready(Ok(7))));
    let token = service.token();
    let (mut waiting, mut report) = (
        by_hand(token.cancelled()),
        by_hand(service.shutdown(std::time::Duration::MAX)),
    );
    assert!(waiting.poll().is_pending());
    assert!(driver.poll_until_idle().is_pending());
    assert!(report.poll().is_pending());
    hostile.arm(false);
    let waker = hostile.waker();
    hostile.arm(true);
    let ended = catch_unwind(AssertUnwindSafe(|| driver.poll_with(&waker)));
    hostile.arm(false);
    drop(waker);
    assert!(ended.is_err() || ended.is_ok_and(|ended| ended.is_ready()));
    // What waited for the end is told.
    waiting.finish();
    assert_eq!(report.finish().cut.len(), 0);
    assert_eq!(by_hand(task).finish().ok(), Some(7));
    assert_eq!(service.try_spawn(async { Ok(()) }).map(drop).map_err(|_| ()), Err(()));
    live.assert_dropped(1);
    drop(driver);
    hostile.assert_dropped();
}

fn that_is_dropped_with_the_scope(runtime: AnyRuntime) {
    let (live, hostile) = (Live::new(), Hostile::new(Trap::Drop));
    let (service, driver) = settled::<&str>().runtime(runtime).open();
    let mut driver = by_hand(driver);
    let mut task = by_hand(service.spawn(live.within(pending::<Result<(), _>>())));
    let mut waiting = by_hand(service.token().cancelled());
    leave_waker(&hostile, &mut driver);
    assert!(task.poll().is_pending() && waiting.poll().is_pending());
    let _ = catch_unwind(AssertUnwindSafe(|| drop(driver)));
    assert_eq!((task.wakes(), waiting.wakes()), (1, 1));
    assert!(task.finish().is_err());
    waiting.finish();
    live.assert_dropped(1);
    hostile.assert_dropped();
}

fn that_is_dropped_with_the_scope_while_unwinding(runtime: AnyRuntime) {
    let (live, hostile) = (Live::new(), Hostile::new(Trap::Drop));
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let (service, driver) = settled::<&str>().runtime(runtime.clone()).open();
        let mut driver = by_hand(driver);
        drop(service.spawn(live.within(pending::<Result<(), &str>>())));
        leave_waker(&hostile, &mut driver);
        let mut all = by_hand(gather([live.within(pending::<Result<(), &str>>())]).runtime(runtime));
        leave_waker(&hostile, &mut all);
        panic!("the first panic");
    }));
    assert_eq!(message_of(&*unwound.expect_err("it panicked")), "the first panic");
    live.assert_dropped(2);
    hostile.assert_dropped();
}

fn of_what_awaited_a_task(runtime: AnyRuntime) {
    let (live, hostile, open) = (Live::new(), Hostile::new(Trap::Drop), Gate::new());
    let (service, driver) = settled::<&str>().runtime(runtime).open();
    let mut driver = by_hand(driver);
    let mut task = by_hand(service.spawn(live.within(open.wait().map(|()| Ok(7)))));
    drop(service);
    assert!(driver.poll_until_idle().is_pending());
    leave_waker(&hostile, &mut task);
    assert!(panics(|| drop(task.poll())));
    leave_waker(&hostile, &mut task);
    open.open();
    // Being woken it is dropped, by the scope.
    let _ = catch_unwind(AssertUnwindSafe(|| driver.poll_until_idle()));
    assert_eq!(task.finish().ok(), Some(7));
    live.assert_dropped(1);
    drop(driver);
    hostile.assert_dropped();
}

fn of_one_of_many_waits_on_a_token(_: AnyRuntime) {
    let (hostile, token) = (Hostile::new(Trap::Drop), CancelToken::new());
    let (mut first, mut second, mut third) = (
        by_hand(token.cancelled()),
        by_hand(token.cancelled()),
        by_hand(token.cancelled()),
    );
    leave_waker(&hostile, &mut first);
    leave_waker(&hostile, &mut second);
    assert!(third.poll().is_pending());
    assert!(panics(|| drop(first)));
    assert!(panics(|| token.cancel()));
    assert_eq!(third.wakes(), 1);
    second.finish();
    third.finish();
    hostile.assert_dropped();
}

fn of_what_waited_for_a_permit(runtime: AnyRuntime) {
    let (live, hostile) = (Live::new(), Hostile::new(Trap::Drop));
    let (service, driver) = settled::<&str>().runtime(runtime).limit(1).open();
    let mut driver = by_hand(driver);
    let held = by_hand(service.permit()).finish();
    let (mut gives_up, mut next) = (by_hand(service.permit()), by_hand(service.permit()));
    leave_waker(&hostile, &mut gives_up);
    assert!(next.poll().is_pending());
    let _ = catch_unwind(AssertUnwindSafe(|| drop(gives_up)));
    let _ = catch_unwind(AssertUnwindSafe(|| drop(held)));
    assert_eq!(next.wakes(), 1);
    drop(next.finish().spawn(live.within(ready(Ok(())))));
    drop(next);
    service.close();
    assert!(driver.finish().is_ok());
    live.assert_dropped(1);
    hostile.assert_dropped();
}

/// A second panic would end the process.
fn of_waits_that_are_dropped_while_unwinding(runtime: AnyRuntime) {
    let (hostile, token) = (Hostile::new(Trap::Drop), CancelToken::new());
    let (service, driver) = settled::<&str>().runtime(runtime).limit(1).open();
    let _held = by_hand(service.permit()).finish();
    let kept = Arc::new(Mutex::new(None));
    let slot = kept.clone();
    let _items = service.produce(1, move |tx| {
        assert!(tx.try_send(1).is_ok());
        *slot.lock().unwrap() = Some(tx);
        pending::<Result<(), &str>>()
    });
    let tx = kept.lock().unwrap().take().expect("the producer was made");
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let mut waits = by_hand(token.cancelled());
        let mut permit = by_hand(service.permit());
        let mut task = by_hand(service.spawn(pending::<Result<(), &str>>()));
        let mut guest = by_hand(service.enter(pending::<Result<(), &str>>()));
        let (mut reserve, mut send) = (by_hand(tx.reserve()), by_hand(tx.send(2)));
        leave_waker(&hostile, &mut waits);
        leave_waker(&hostile, &mut permit);
        leave_waker(&hostile, &mut task);
        leave_waker(&hostile, &mut guest);
        leave_waker(&hostile, &mut reserve);
        leave_waker(&hostile, &mut send);
        let mut ended = by_hand(service.shutdown(std::time::Duration::MAX));
        leave_waker(&hostile, &mut ended);
        panic!("the first panic");
    }));
    assert_eq!(message_of(&*unwound.expect_err("it panicked")), "the first panic");
    assert!(hostile.sprung() >= 5, "{} have panicked", hostile.sprung());
    hostile.arm(false);
    drop(driver);
    hostile.assert_dropped();
}

faults! {
    by_hand {
        of_waits_that_are_dropped_while_unwinding,
        that_was_given_to_an_earlier_poll_of_a_scope,
        that_is_dropped_when_the_scope_ends,
        that_is_dropped_with_the_scope,
        that_is_dropped_with_the_scope_while_unwinding,
        of_what_awaited_a_task,
        of_one_of_many_waits_on_a_token,
        of_what_waited_for_a_permit,
    }
}
