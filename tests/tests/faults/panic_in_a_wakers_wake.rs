//! A waker that panics when it is woken: the panic may reach the code that woke it, and all others are woken as ever.

use std::{
    future::{pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    task::Poll,
    time::Duration,
};

use futures::{FutureExt, StreamExt};
use purview::{CancelToken, Task, TaskError, fail_fast, gather, settled, timeout};
use purview_tests::{AnyRuntime, ByHand, Gate, TestClock, Trap, by_hand, message_of, yields};

use crate::{
    live::Live,
    wakers::{CarriedOut, Hostile, comes_out_in_a_scope, leave_waker, panics},
};

fn of_the_task_that_awaits_a_scope(runtime: AnyRuntime) {
    let (live, hostile) = (Live::new(), Hostile::new(Trap::Wake));
    let gates: [Gate; 5] = std::array::from_fn(|_| Gate::new());
    let mut run = by_hand(fail_fast::<&str>().runtime(runtime).run(async |s| {
        let tasks: Vec<_> = gates
            .iter()
            .map(|gate| s.spawn(live.within(gate.wait().map(|()| Ok(1)))))
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await;
        }
        Ok(sum)
    }));
    for gate in &gates {
        leave_waker(&hostile, &mut run);
        assert!(panics(|| gate.open()));
    }
    assert_eq!(run.finish().ok(), Some(5));
    live.assert_dropped(5);
    hostile.assert_dropped();
}

/// A poll that has done enough wakes its own task.
fn of_a_scope_that_yields(runtime: AnyRuntime) {
    let (live, hostile) = (Live::new(), Hostile::new(Trap::Wake));
    let mut run = by_hand(fail_fast::<&str>().runtime(runtime).run(async |s| {
        for _ in 0..300 {
            s.spawn(live.within(yields(2).map(Ok)));
        }
        Ok(7)
    }));
    let mut polls = 0;
    let value = loop {
        polls += 1;
        match catch_unwind(AssertUnwindSafe(|| run.poll_with(&hostile.waker()))) {
            Ok(Poll::Ready(value)) => break value,
            Ok(Poll::Pending) | Err(_) => {}
        }
    };
    assert_eq!((value.ok(), hostile.sprung()), (Some(7), polls - 1));
    live.assert_dropped(300);
    drop(run);
    hostile.assert_dropped();
}

/// The end of a child is reported once, wherever its task is awaited.
fn of_what_awaits_a_task(runtime: AnyRuntime) {
    let (live, hostile, open) = (Live::new(), Hostile::new(Trap::Wake), Gate::new());
    let (service, driver) = settled::<&str>().runtime(runtime).open();
    let (mut driver, sibling) = (by_hand(driver), open.wait());
    let task = service.spawn(live.within(open.wait().map(|()| Err::<(), _>("no"))));
    drop(service.spawn(live.within(sibling.map(Ok))));
    let mut task = by_hand(task);
    assert!(driver.poll_until_idle().is_pending());
    leave_waker(&hostile, &mut task);
    open.open();
    let _ = catch_unwind(AssertUnwindSafe(|| driver.poll_until_idle()));
    assert_eq!(hostile.sprung(), 1);
    live.assert_dropped(2);
    assert!(matches!(task.finish(), Err(TaskError::Failed("no"))));
    hostile.assert_dropped();
}

fn of_one_of_many_waits_on_a_token(_: AnyRuntime) {
    let (hostile, token) = (Hostile::new(Trap::Wake), CancelToken::new());
    let below = token.child();
    let mut waiting: Vec<_> = (0..6)
        .map(|i| by_hand(if i % 2 == 0 { &token } else { &below }.cancelled()))
        .collect();
    for (i, waiting) in waiting.iter_mut().enumerate() {
        if i < 3 {
            leave_waker(&hostile, waiting);
        } else {
            assert!(waiting.poll().is_pending());
        }
    }
    assert!(panics(|| token.cancel_with("enough")));
    assert_eq!((hostile.sprung(), waiting.iter().map(ByHand::wakes).sum()), (3, 3));
    for mut waiting in waiting {
        assert_eq!(waiting.finish().to_string(), "cancelled on request: enough");
    }
    hostile.assert_dropped();
}

/// A future outside waits on the token of a scope that is cancelled, or of one that ends.
fn of_what_waits_on_a_scopes_token(runtime: AnyRuntime) {
    for cancel in [false, true] {
        let (live, hostile) = (Live::new(), Hostile::new(Trap::Wake));
        let (service, driver) = settled::<&str>().runtime(runtime.clone()).open();
        let mut driver = by_hand(driver);
        drop(service.spawn(live.within(pending::<Result<(), &str>>())));
        assert!(driver.poll_until_idle().is_pending());
        let (mut first, mut second) = (
            by_hand(service.token().cancelled()),
            by_hand(service.token().cancelled()),
        );
        leave_waker(&hostile, &mut first);
        assert!(second.poll().is_pending());
        if cancel {
            assert!(panics(|| service.cancel()));
        } else {
            // Dropped, it ends.
            comes_out_in_a_scope(|| drop(std::mem::replace(&mut driver, by_hand(settled().open().1))));
        }
        let _ = catch_unwind(AssertUnwindSafe(|| driver.poll_until_idle()));
        assert_eq!((hostile.sprung(), second.wakes()), (1, 1));
        first.finish();
        second.finish();
        live.assert_dropped(1);
        hostile.assert_dropped();
    }
}

/// Cancelling one task takes effect although a waker that it wakes panics.
fn of_what_is_told_that_a_task_is_cancelled(runtime: AnyRuntime) {
    let (live, hostile, carried) = (Live::new(), Hostile::new(Trap::Wake), CarriedOut::default());
    let (service, driver) = settled::<&str>().runtime(runtime).open();
    let (mut driver, begin) = (by_hand(driver), carried.clone());
    let task = service.spawn(live.within(async move {
        begin.begin().await;
        pending().await
    }));
    let task: Task<Result<(), TaskError<&str>>> = task;
    assert!(driver.poll_until_idle().is_pending());
    assert!(carried.poll_with(&hostile).is_pending());
    assert!(panics(|| task.cancel()));
    assert!(driver.poll_until_idle().is_pending());
    live.assert_dropped(1);
    assert!(matches!(by_hand(task).finish(), Err(TaskError::Cancelled(_))));
    assert!(carried.poll_with(&hostile).is_ready());
    drop((service, driver, carried));
    hostile.assert_dropped();
}

/// As above, where it is the scope that cancels: a daemon, at the end.
fn of_what_is_told_that_a_daemon_is_cancelled(runtime: AnyRuntime) {
    let (live, hostile) = (Live::new(), Hostile::new(Trap::Wake));
    let carried = [CarriedOut::default(), CarriedOut::default()];
    let (service, driver) = settled::<&str>().runtime(runtime).open();
    let mut driver = by_hand(driver);
    for carried in carried.clone() {
        drop(service.task().daemon().spawn(live.within(async move {
            carried.begin().await;
            pending::<Result<(), _>>().await
        })));
    }
    assert!(driver.poll_until_idle().is_pending());
    assert!(carried.iter().all(|carried| carried.poll_with(&hostile).is_pending()));
    drop(service);
    let ended = (0..5).find_map(|_| match catch_unwind(AssertUnwindSafe(|| driver.poll_until_idle())) {
        Ok(Poll::Ready(_)) => Some("resolved"),
        Ok(Poll::Pending) => None,
        Err(_) => (live.alive() == 0).then_some("panicked"),
    });
    assert!(ended.is_some(), "it goes on");
    live.assert_dropped(2);
    assert!(carried.iter().all(|carried| carried.poll_with(&hostile).is_ready()));
    drop((driver, carried));
    hostile.assert_dropped();
}

fn of_what_waits_for_a_permit(runtime: AnyRuntime) {
    let (live, hostile) = (Live::new(), Hostile::new(Trap::Wake));
    let (service, driver) = settled::<&str>().runtime(runtime).limit(1).open();
    let mut driver = by_hand(driver);
    let first = by_hand(service.permit()).finish();
    let (mut second, mut third) = (by_hand(service.permit()), by_hand(service.permit()));
    leave_waker(&hostile, &mut second);
    assert!(third.poll().is_pending());
    assert!(panics(|| drop(first)));
    let second = second.finish();
    assert!(third.poll().is_pending());
    drop(second);
    drop(third.finish().spawn(live.within(ready(Ok(())))));
    drop(third);
    service.close();
    assert!(driver.finish().is_ok());
    live.assert_dropped(1);
    hostile.assert_dropped();
}

fn while_its_thread_is_unwinding(runtime: AnyRuntime) {
    let (live, hostile) = (Live::new(), Hostile::new(Trap::Wake));
    let (service, driver) = settled::<&str>().runtime(runtime).limit(1).open();
    let mut driver = by_hand(driver);
    leave_waker(&hostile, &mut driver);
    let handle = service.clone();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let permit = by_hand(handle.permit()).finish();
        let mut next = by_hand(service.permit());
        leave_waker(&hostile, &mut next);
        let _dropped_in_this_order = (next.poll_with(&hostile.waker()).is_pending(), permit);
        panic!("the first panic");
    }));
    assert_eq!(message_of(&*unwound.expect_err("it panicked")), "the first panic");
    let unwound = catch_unwind(AssertUnwindSafe(move || {
        drop(service);
        let _last = handle;
        panic!("the first panic");
    }));
    assert_eq!(message_of(&*unwound.expect_err("it panicked")), "the first panic");
    assert!(driver.finish().is_ok());
    live.assert_dropped(0);
    hostile.assert_dropped();
}

fn of_the_task_that_awaits_a_gather(runtime: AnyRuntime) {
    let (live, hostile) = (Live::new(), Hostile::new(Trap::Wake));
    let gates: [[Gate; 3]; 3] = Default::default();
    let waits = |gates: &[Gate; 3]| {
        gates
            .clone()
            .map(|gate| live.within(gate.wait().map(|()| Ok::<_, &str>(1))))
    };
    let mut all = by_hand(gather(waits(&gates[0])).runtime(runtime.clone()));
    let [one, two, three] = waits(&gates[1]);
    let mut mixed = by_hand(purview::gather!(one, two, three).runtime(runtime.clone()));
    let mut each = gather(waits(&gates[2])).runtime(runtime).as_completed();
    for i in 0..3 {
        assert!(all.poll_until_idle().is_pending() && mixed.poll_until_idle().is_pending());
        leave_waker(&hostile, &mut all);
        leave_waker(&hostile, &mut mixed);
        leave_waker(&hostile, &mut by_hand(each.next()));
        assert!(gates.iter().all(|gates| panics(|| gates[i].open())));
        assert!(by_hand(each.next()).finish().is_some());
    }
    assert_eq!(all.finish().ok(), Some(vec![1; 3]));
    assert_eq!(mixed.finish().ok(), Some((1, 1, 1)));
    drop((all, mixed, each));
    live.assert_dropped(9);
    hostile.assert_dropped();
}

fn of_a_sleeper(_: AnyRuntime) {
    let (hostile, clock) = (Hostile::new(Trap::Wake), TestClock::new());
    let mut run = by_hand(
        fail_fast::<&str>()
            .runtime(clock.clone())
            .timeout(Duration::from_secs(1))
            .run(async |s| {
                s.spawn(timeout(Duration::from_secs(9), pending::<()>()).map(|_| Ok(())));
                pending::<Result<(), _>>().await
            }),
    );
    assert!(run.poll_until_idle().is_pending());
    leave_waker(&hostile, &mut run);
    assert!(panics(|| clock.advance(Duration::from_secs(1))));
    assert!(run.finish().expect_err("time is up").is_deadline_exceeded());
    assert_eq!(clock.timers_alive(), 0);
    hostile.assert_dropped();
}

faults! {
    by_hand {
        of_the_task_that_awaits_a_scope,
        of_a_scope_that_yields,
        of_what_awaits_a_task,
        of_one_of_many_waits_on_a_token,
        of_what_waits_on_a_scopes_token,
        of_what_is_told_that_a_task_is_cancelled,
        of_what_is_told_that_a_daemon_is_cancelled,
        of_what_waits_for_a_permit,
        while_its_thread_is_unwinding,
        of_the_task_that_awaits_a_gather,
        of_a_sleeper,
    }
}
