//! The payload of a panic is a value of the user's: its destructor may panic, also the second time.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    time::Instant,
};

use futures::FutureExt;
use purview::{BoxFuture, SpawnError, Spawner, TaskError, Timer, fail_fast, gather, scope, settled, shield};
use purview_tests::{AnyRuntime, by_hand, message_of, yield_now, yields};

use crate::{
    bomb::{Bomb, defuse, panic_with},
    live::Live,
    wakers::{comes_out_in_a_scope, panics},
};

const BOMB: &str = "a payload";

/// Panics with a bomb in its second poll.
async fn throws(bomb: Bomb) -> Result<(), &'static str> {
    yield_now().await;
    panic_with(bomb)
}

async fn of_the_first_child_and_of_later_ones(_: AnyRuntime) {
    let live = Live::new();
    let out = AssertUnwindSafe(scope(async |s| {
        for _ in 0..3 {
            s.spawn(shield(throws(Bomb::new(BOMB, &live))).map(drop));
            s.spawn_parallel(shield(throws(Bomb::new(BOMB, &live))).map(drop));
        }
        s.spawn(live.within(pending::<()>()));
    }));
    assert_eq!(defuse(out.catch_unwind().await.expect_err("they panicked")), BOMB);
    live.all_dropped(7).await;
}

async fn beside_failures(runtime: AnyRuntime) {
    let live = Live::new();
    let out = AssertUnwindSafe(fail_fast().runtime(runtime).run(async |s| {
        s.defer(throws(Bomb::new(BOMB, &live)));
        s.defer(throws(Bomb::new(BOMB, &live)));
        s.spawn(shield(throws(Bomb::new(BOMB, &live))));
        yields(1).await;
        Err::<(), _>("no")
    }));
    assert_eq!(defuse(out.catch_unwind().await.expect_err("they panicked")), BOMB);
    live.assert_dropped(3);
}

async fn of_settled_children(runtime: AnyRuntime) {
    let live = Live::new();
    let out = settled().runtime(runtime).run(async |s| {
        let awaited = s.spawn(throws(Bomb::new(BOMB, &live)));
        drop(s.spawn(throws(Bomb::new(BOMB, &live))));
        drop(s.spawn_parallel(throws(Bomb::new(BOMB, &live))));
        match awaited.await {
            Err(TaskError::Panicked(panic)) => Ok(defuse(panic.into_payload())),
            _ => Err("it panicked"),
        }
    });
    let settlement = out.await.expect("the body worked");
    assert_eq!((settlement.value, settlement.failures.len()), (BOMB, 2));
    for failure in settlement.failures {
        assert!(panics(|| drop(failure)));
    }
    live.all_dropped(3).await;
}

/// Payloads that the scope still has when its future is dropped.
fn that_was_not_taken_when_the_scope_is_dropped(runtime: AnyRuntime) {
    let live = Live::new();
    let mut lone = by_hand(settled().runtime(runtime.clone()).run(async |s| {
        for _ in 0..3 {
            drop(s.spawn(throws(Bomb::new(BOMB, &live))));
        }
        pending::<Result<(), &str>>().await
    }));
    assert!(lone.poll_until_idle().is_pending());
    comes_out_in_a_scope(|| drop(lone));
    let mut fast = by_hand(fail_fast().runtime(runtime).run(async |s| {
        for _ in 0..3 {
            drop(s.spawn(shield(throws(Bomb::new(BOMB, &live)))));
        }
        s.spawn(shield(live.within(pending::<Result<(), _>>())));
        pending::<Result<(), &str>>().await
    }));
    assert!(fast.poll_until_idle().is_pending());
    comes_out_in_a_scope(|| drop(fast));
    live.assert_dropped(7);
}

fn while_unwinding(runtime: AnyRuntime) {
    let live = Live::new();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let mut fast = by_hand(fail_fast().runtime(runtime.clone()).run(async |s| {
            for _ in 0..2 {
                drop(s.spawn(shield(throws(Bomb::new(BOMB, &live)))));
            }
            s.spawn(shield(live.within(pending::<Result<(), _>>())));
            pending::<Result<(), &str>>().await
        }));
        assert!(fast.poll_until_idle().is_pending());
        let mut lone = by_hand(settled().runtime(runtime).run(async |s| {
            for _ in 0..2 {
                drop(s.spawn(throws(Bomb::new(BOMB, &live))));
            }
            pending::<Result<(), &str>>().await
        }));
        assert!(lone.poll_until_idle().is_pending());
        panic!("the first panic");
    }));
    assert_eq!(message_of(&*unwound.expect_err("it panicked")), "the first panic");
    live.assert_dropped(5);
}

async fn of_the_futures_of_a_gather(runtime: AnyRuntime) {
    let live = Live::new();
    let futures = |live: &Live| {
        (0..3)
            .map(|_| throws(Bomb::new(BOMB, live)).boxed())
            .collect::<Vec<_>>()
    };
    let all = AssertUnwindSafe(gather(futures(&live)).runtime(runtime.clone()));
    assert_eq!(defuse(all.catch_unwind().await.expect_err("they panicked")), BOMB);
    let mut some = by_hand(
        gather(futures(&live).into_iter().chain([pending().boxed()]))
            .runtime(runtime)
            .settled(),
    );
    assert!(some.poll_until_idle().is_pending());
    comes_out_in_a_scope(|| drop(some));
    live.assert_dropped(6);
}

async fn of_a_blocking_closure(runtime: AnyRuntime) {
    let live = Live::new();
    let bombs = [Bomb::new(BOMB, &live), Bomb::new(BOMB, &live)];
    let out = AssertUnwindSafe(fail_fast::<&str>().runtime(runtime).run(async |s| {
        for bomb in bombs {
            drop(s.spawn_blocking(move |_| -> Result<(), _> { panic_with(bomb) }));
        }
        Ok(())
    }));
    assert_eq!(defuse(out.catch_unwind().await.expect_err("they panicked")), BOMB);
    live.all_dropped(2).await;
}

/// Its executor and its pool panic, with a payload whose destructor panics.
#[derive(Clone)]
struct Throws(AnyRuntime, Live);

impl Timer for Throws {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.sleep_until(at)
    }
}

impl Spawner for Throws {
    fn spawn(&self, _: BoxFuture) -> Result<(), SpawnError> {
        panic_with(Bomb::new(BOMB, &self.1))
    }

    fn spawn_blocking(&self, _: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        panic_with(Bomb::new(BOMB, &self.1))
    }
}

/// A parallel child then runs in the scope's own task, and a closure is cancelled: the scope does not panic.
async fn of_an_executor_that_panics(runtime: AnyRuntime) {
    let live = Live::new();
    let out = settled::<&str>().runtime(Throws(runtime, live.clone())).run(async |s| {
        let child = s.spawn_parallel(live.within(yields(3).map(|()| Ok(7))));
        let closure = s.spawn_blocking(|_| Ok(8));
        assert!(matches!(closure.await, Err(TaskError::Cancelled(_))));
        Ok(child.await.ok())
    });
    assert_eq!(out.await.expect("the body worked").value, Some(7));
    live.assert_dropped(3);
}

faults! {
    run {
        of_an_executor_that_panics,
        of_the_first_child_and_of_later_ones,
        beside_failures,
        of_settled_children,
        of_the_futures_of_a_gather,
        of_a_blocking_closure,
    }
    by_hand {
        that_was_not_taken_when_the_scope_is_dropped,
        while_unwinding,
    }
}
