//! A destructor of a future that panics, however it came to be dropped, keeps no other from being dropped.

use std::{
    future::pending,
    panic::{AssertUnwindSafe, catch_unwind},
};

use futures::FutureExt;
use purview::{TaskError, fail_fast, gather, scope, settled, shield, try_scope};
use purview_tests::{AnyRuntime, Gate, by_hand, caught, message_of, yield_now, yields};

use crate::{
    bomb::{Bomb, pending_with},
    live::Live,
    wakers::comes_out_in_a_scope,
};

const BOMB: &str = "in drop";

async fn of_cancelled_children(runtime: AnyRuntime) {
    let live = Live::new();
    let out = fail_fast().runtime(runtime).run(async |s| {
        for _ in 0..3 {
            s.spawn(live.within(pending::<Result<(), _>>()));
            s.spawn(pending_with(Bomb::new(BOMB, &live)));
            s.spawn_parallel(pending_with(Bomb::new(BOMB, &live)));
        }
        yield_now().await;
        Err::<(), _>("no")
    });
    assert_eq!(caught(out).await.err(), Some(BOMB.into()));
    live.all_dropped(9).await;
}

async fn of_a_child_that_has_ended(_: AnyRuntime) {
    /// Ready, and then its destructor panics.
    struct ReadyWith(Option<Bomb>);
    impl Future for ReadyWith {
        type Output = Result<u32, &'static str>;
        fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
            assert!(self.0.is_some());
            std::task::Poll::Ready(Ok(7))
        }
    }
    let live = Live::new();
    let out = settled().run(async |s| {
        let here = s.spawn(ReadyWith(Some(Bomb::new(BOMB, &live))));
        let there = s.spawn_parallel(ReadyWith(Some(Bomb::new(BOMB, &live))));
        let panicked = |result| matches!(result, Err(TaskError::Panicked(panic)) if panic.message() == Some(BOMB));
        Ok([panicked(here.await), panicked(there.await)])
    });
    let settlement = out.await.expect("the body worked");
    assert_eq!((settlement.value, settlement.failures.len()), ([true; 2], 0));
    live.all_dropped(2).await;
}

fn of_children_when_their_scope_is_dropped(runtime: AnyRuntime) {
    let live = Live::new();
    let mut run = by_hand(fail_fast().runtime(runtime).limit(5).run(async |s| {
        let _value = live.value();
        for _ in 0..3 {
            s.spawn(live.within(pending::<Result<(), _>>()));
            s.spawn(shield(pending_with(Bomb::new(BOMB, &live))));
        }
        s.defer(pending_with(Bomb::new(BOMB, &live)));
        s.defer(live.within(pending::<()>()));
        pending::<Result<(), &str>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    comes_out_in_a_scope(|| drop(run));
    live.assert_dropped(9);
}

fn of_children_whose_scope_is_dropped_while_unwinding(runtime: AnyRuntime) {
    let live = Live::new();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let mut run = by_hand(settled().runtime(runtime.clone()).run(async |s| {
            for _ in 0..3 {
                s.spawn(pending_with(Bomb::new(BOMB, &live)));
                s.spawn_parallel(pending_with(Bomb::new(BOMB, &live)));
            }
            pending_with(Bomb::new(BOMB, &live)).await
        }));
        assert!(run.poll_until_idle().is_pending());
        let mut all = by_hand(gather((0..3).map(|_| pending_with(Bomb::new(BOMB, &live)))).runtime(runtime));
        assert!(all.poll_until_idle().is_pending());
        panic!("the first panic");
    }));
    assert_eq!(message_of(&*unwound.expect_err("it panicked")), "the first panic");
    assert_eq!(live.made(), 10);
}

fn of_a_body_that_is_cancelled(runtime: AnyRuntime) {
    let (live, fail) = (Live::new(), Gate::new());
    let mut run = by_hand(caught(fail_fast().runtime(runtime).run(async |s| {
        s.spawn(live.within(pending::<Result<(), _>>()));
        s.spawn(fail.wait().map(|()| Err::<(), _>("no")));
        pending_with(Bomb::new(BOMB, &live)).await
    })));
    assert!(run.poll_until_idle().is_pending());
    fail.open();
    assert_eq!(run.finish().err(), Some(BOMB.into()));
    live.assert_dropped(2);
}

async fn of_one_child_that_is_cancelled_alone(runtime: AnyRuntime) {
    let live = Live::new();
    let out = settled().runtime(runtime).limit(2).run(async |s| {
        let first = s.spawn(pending_with(Bomb::new(BOMB, &live)));
        let second = s.spawn_parallel(pending_with(Bomb::new(BOMB, &live)));
        let queued = s.spawn(pending_with(Bomb::new(BOMB, &live)));
        yields(3).await;
        queued.cancel();
        first.cancel();
        second.cancel();
        for task in [queued, first, second] {
            assert!(matches!(task.await, Err(TaskError::Panicked(_))));
        }
        let after = [
            s.spawn(live.within(async { Ok(1) })),
            s.spawn(live.within(async { Ok(2) })),
        ];
        let [one, two] = after;
        Ok(one.await.unwrap_or(0) + two.await.unwrap_or(0))
    });
    assert_eq!(out.await.expect("the body worked").value, 3);
    live.all_dropped(5).await;
}

async fn of_nested_scopes(_: AnyRuntime) {
    let live = Live::new();
    let out = caught(try_scope(async |outer| {
        for _ in 0..2 {
            outer.spawn(async {
                try_scope(async |inner| {
                    inner.spawn(live.within(pending::<Result<(), _>>()));
                    inner.spawn(pending_with(Bomb::new(BOMB, &live)));
                    pending_with(Bomb::new(BOMB, &live)).await
                })
                .await
            });
        }
        yields(3).await;
        Err::<(), _>("no")
    }));
    // The outer scope drops the inner ones, whose panics may end there.
    let out = out.await;
    assert!(out == Ok(Err("no")) || out == Err(BOMB.into()), "{out:?}");
    live.assert_dropped(6);
}

async fn of_the_futures_of_a_gather(runtime: AnyRuntime) {
    let live = Live::new();
    let fails = async {
        yield_now().await;
        Err("no")
    };
    let bombs = (0..3).map(|_| pending_with(Bomb::new(BOMB, &live)).boxed());
    let all = gather(bombs.chain([fails.boxed()])).runtime(runtime.clone());
    assert_eq!(caught(all).await.err(), Some(BOMB.into()));
    let wins = async {
        yield_now().await;
        Ok(())
    };
    let bombs = (0..3).map(|_| pending_with(Bomb::new(BOMB, &live)).boxed());
    let race = gather(bombs.chain([wins.boxed()])).runtime(runtime).first();
    assert_eq!(caught(race).await.err(), Some(BOMB.into()));
    live.assert_dropped(6);
}

async fn of_a_future_that_is_not_accepted(_: AnyRuntime) {
    let live = Live::new();
    let handle = scope(async |s| s).await;
    let spawned = catch_unwind(AssertUnwindSafe(|| {
        drop(handle.spawn(pending_with(Bomb::new(BOMB, &live)).map(drop)));
    }));
    assert_eq!(message_of(&*spawned.expect_err("where it is dropped")), BOMB);
    live.assert_dropped(1);
}

faults! {
    run {
        of_cancelled_children,
        of_a_child_that_has_ended,
        of_one_child_that_is_cancelled_alone,
        of_nested_scopes,
        of_the_futures_of_a_gather,
        of_a_future_that_is_not_accepted,
    }
    by_hand {
        of_children_when_their_scope_is_dropped,
        of_children_whose_scope_is_dropped_while_unwinding,
        of_a_body_that_is_cancelled,
    }
}
