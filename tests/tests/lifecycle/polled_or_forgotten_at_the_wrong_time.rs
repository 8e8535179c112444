//! A scope that is polled when it has nothing to give any more says so; one that is forgotten hangs no other task.

use std::{
    cell::Cell,
    future::{Ready, ready},
    mem,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use purview::{
    CancelReason, End, Policy, RejectReason, TaskInfo, fail_fast, gather, retry, scope, settled, try_scope, with_policy,
};
use purview_tests::{ByHand, Log, PollCount, by_hand, message_of, polled_on_every_runtime};

/// The message of the panic of one more poll.
fn polled_once_more<F: Future>(run: &mut ByHand<F>) -> String {
    let polled = catch_unwind(AssertUnwindSafe(|| drop(run.poll())));
    message_of(&*polled.expect_err("it has no value any more"))
}

fn after_it_resolved_a_poll_panics_and_names_the_scope() {
    let mut plain = by_hand(scope(async |_| ()));
    plain.finish();
    let message = polled_once_more(&mut plain);
    assert!(message.contains("scope"), "{message}");
    let mut fallible = by_hand(try_scope(async |_| Err::<(), _>("no")));
    assert!(fallible.finish().is_err());
    let message = polled_once_more(&mut fallible);
    assert!(message.contains("scope"), "{message}");
}

fn after_it_panicked_a_poll_panics_and_names_the_scope() {
    let log = Log::new();
    let mut run = by_hand(scope(async |s| {
        s.spawn(log.traced("child", std::future::pending::<()>()));
        panic!("boom");
    }));
    assert_eq!(polled_once_more(&mut run), "boom");
    assert_eq!(log.entries(), ["child dropped"]);
    let message = polled_once_more(&mut run);
    assert!(message.contains("scope"), "{message}");
    drop(run);
}

/// Its policy has nothing to give.
struct Silent;

impl Policy for Silent {
    type Child<T> = T;
    type Joined<T> = T;
    type Output<R> = R;

    fn child_ended<T>(&mut self, _: &TaskInfo, _: End<T>) -> (Option<T>, ControlFlow<()>) {
        (None, ControlFlow::Continue(()))
    }

    fn body_ended<R>(&mut self, _: End<R>) -> (Option<R>, ControlFlow<()>) {
        (None, ControlFlow::Continue(()))
    }

    fn finish<R>(self, _: Option<R>, _: Option<CancelReason>) -> R {
        unreachable!("it cannot finish")
    }

    fn can_finish(&self, _: bool, _: Option<&CancelReason>) -> bool {
        false
    }
}

fn one_that_has_nothing_to_give_stays_pending_however_often_it_is_polled() {
    let mut run = by_hand(with_policy(Silent).run(async |_| ()));
    let (scope, driver) = with_policy(Silent).open();
    let mut driver = by_hand(driver);
    scope.close();
    for _ in 0..3 {
        assert!(run.poll_until_idle().is_pending());
        assert!(driver.poll_until_idle().is_pending());
    }
    assert_eq!((run.wakes(), driver.wakes()), (0, 0));
}

fn a_driver_that_has_resolved_says_so_when_it_is_polled_again() {
    let (scope, driver) = fail_fast::<()>().open();
    let mut driver = by_hand(driver);
    scope.close();
    assert!(driver.finish().is_ok());
    assert_eq!(
        polled_once_more(&mut driver),
        "a scope must not be polled after it has resolved"
    );
}

fn a_retry_that_has_ended_makes_no_further_attempt() {
    let attempts = Cell::new(0);
    let mut run = by_hand(retry([], || {
        attempts.set(attempts.get() + 1);
        ready(Ok::<_, ()>(()))
    }));
    assert!(run.finish().is_ok());
    let message = "a retry must not be polled after it has completed";
    assert_eq!(polled_once_more(&mut run), message);
    let mut panics = by_hand(retry([Duration::ZERO; 3], || -> Ready<Result<(), ()>> {
        attempts.set(attempts.get() + 1);
        panic!("boom")
    }));
    assert_eq!(polled_once_more(&mut panics), "boom");
    assert_eq!(polled_once_more(&mut panics), message);
    assert_eq!(attempts.get(), 2);
}

fn a_gather_that_has_ended_makes_no_further_call() {
    let message = "a gather must not be polled after it has completed";
    let calls = Cell::new(0);
    let numbers = || gather((0..3).map(|n| ready(Ok::<_, ()>(n))));
    let mut all = by_hand(numbers().for_each(async |_, _| calls.set(calls.get() + 1)));
    all.finish();
    assert_eq!(polled_once_more(&mut all), message);
    let mut stopped = by_hand(numbers().try_for_each(async |_, _| Err("no".to_owned())));
    assert_eq!(stopped.finish(), Err("no".to_owned()));
    assert_eq!(polled_once_more(&mut stopped), message);
    let mut panics = by_hand(numbers().for_each(async |_, _| {
        calls.set(calls.get() + 1);
        panic!("boom")
    }));
    assert_eq!(polled_once_more(&mut panics), "boom");
    assert_eq!(polled_once_more(&mut panics), message);
    assert_eq!(calls.get(), 4);
}

fn a_forgotten_scope_keeps_its_promises_to_its_handles() {
    let polls = PollCount::new();
    let mut handle = None;
    let mut run = by_hand(settled::<()>().run(|s| {
        s.spawn(polls.of(std::future::pending::<Result<(), ()>>()));
        handle = Some(s);
        std::future::pending::<Result<(), ()>>()
    }));
    assert!(run.poll_until_idle().is_pending());
    mem::forget(run);
    let handle = handle.expect("the closure ran");
    let task = handle.spawn(async { Ok(7) });
    assert_eq!((handle.len(), task.is_finished()), (2, false));
    task.cancel();
    handle.cancel();
    assert!(handle.token().is_cancelled());
    let rejected = handle.try_spawn(async { Ok(8) }).expect_err("it is cancelled");
    assert!(matches!(rejected.reason(), RejectReason::Cancelled(_)), "{rejected:?}");
    assert_eq!(polls.get(), 1);
}

fn a_scope_that_was_never_polled_drops_what_its_closure_spawned() {
    let (log, polls) = (Log::new(), PollCount::new());
    let run = fail_fast::<()>().run(|s| {
        let guard = log.on_drop("child");
        s.spawn(polls.of(async move {
            drop(guard);
            Ok(())
        }));
        std::future::pending::<Result<(), ()>>()
    });
    drop(run);
    assert_eq!((polls.get(), log.entries()), (0, vec!["child dropped".to_owned()]));
}

polled_on_every_runtime!(
    after_it_resolved_a_poll_panics_and_names_the_scope,
    after_it_panicked_a_poll_panics_and_names_the_scope,
    one_that_has_nothing_to_give_stays_pending_however_often_it_is_polled,
    a_driver_that_has_resolved_says_so_when_it_is_polled_again,
    a_retry_that_has_ended_makes_no_further_attempt,
    a_gather_that_has_ended_makes_no_further_call,
    a_forgotten_scope_keeps_its_promises_to_its_handles,
    a_scope_that_was_never_polled_drops_what_its_closure_spawned,
);
