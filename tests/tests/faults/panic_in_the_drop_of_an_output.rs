//! What a child returned, and is not taken, is dropped with care: its destructor may panic, and so may the next one's.

use std::{
    future::{pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
};

use futures::FutureExt;
use purview::{fail_fast, gather, scope, settled, shield, try_scope};
use purview_tests::{AnyRuntime, Gate, by_hand, caught, message_of, yields};

use crate::{
    bomb::{Bomb, defused},
    live::Live,
    wakers::{comes_out_in_a_scope, panics},
};

const BOMB: &str = "an output";

async fn that_is_not_awaited(_: AnyRuntime) {
    let live = Live::new();
    let out = caught(scope(async |s| {
        for _ in 0..3 {
            drop(s.spawn(ready(Bomb::new(BOMB, &live))));
            drop(s.spawn_parallel(ready(Bomb::new(BOMB, &live))));
        }
        s.spawn(live.within(pending::<()>()));
    }));
    assert_eq!(out.await, Err(BOMB.into()));
    live.all_dropped(7).await;
}

async fn that_was_given_to_its_task(_: AnyRuntime) {
    let live = Live::new();
    let out = scope(async |s| {
        let tasks: Vec<_> = (0..3).map(|_| s.spawn(ready(Bomb::new(BOMB, &live)))).collect();
        yields(3).await;
        let dropped = tasks
            .into_iter()
            .filter(purview::Task::is_finished)
            .map(|task| panics(|| drop(task)));
        assert!(dropped.collect::<Vec<_>>() == [true; 3]);
        let taken = s.spawn(ready(Bomb::new(BOMB, &live))).await;
        defused(taken)
    });
    assert_eq!(out.await, BOMB);
    live.assert_dropped(4);
}

/// Two errors of tasks that were not awaited, in a scope whose future is dropped.
fn that_failed_in_a_settled_scope_which_is_dropped(runtime: AnyRuntime) {
    let live = Live::new();
    let mut run = by_hand(settled().runtime(runtime).run(async |s| {
        for _ in 0..3 {
            drop(s.spawn(ready(Err::<(), _>(Bomb::new(BOMB, &live)))));
        }
        s.spawn(live.within(pending::<Result<(), _>>()));
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    comes_out_in_a_scope(|| drop(run));
    live.assert_dropped(4);
}

fn that_failed_in_a_settled_scope_which_is_dropped_while_unwinding(runtime: AnyRuntime) {
    let live = Live::new();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let mut run = by_hand(settled().runtime(runtime).run(async |s| {
            for _ in 0..3 {
                drop(s.spawn(ready(Err::<(), _>(Bomb::new(BOMB, &live)))));
            }
            pending::<Result<(), _>>().await
        }));
        assert!(run.poll_until_idle().is_pending());
        panic!("the first panic");
    }));
    assert_eq!(message_of(&*unwound.expect_err("it panicked")), "the first panic");
    live.assert_dropped(3);
}

/// Failures that were seen, in a scope that is still waited for and is dropped then.
fn that_failed_in_a_fail_fast_scope_which_is_dropped(runtime: AnyRuntime) {
    let live = Live::new();
    let mut run = by_hand(fail_fast().runtime(runtime).run(async |s| {
        for _ in 0..3 {
            let bomb = Bomb::new(BOMB, &live);
            drop(s.spawn(shield(async {
                yields(2).await;
                Err::<(), _>(bomb)
            })));
        }
        s.spawn(shield(live.within(pending::<Result<(), _>>())));
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    comes_out_in_a_scope(|| drop(run));
    live.assert_dropped(4);
}

/// `try_scope` gives one error; the others are its own to drop.
async fn that_failed_after_the_first_one(_: AnyRuntime) {
    let live = Live::new();
    let out = caught(try_scope(async |s| {
        for _ in 0..3 {
            let bomb = Bomb::new(BOMB, &live);
            drop(s.spawn(shield(async {
                yields(2).await;
                Err::<(), _>(bomb)
            })));
        }
        pending::<Result<(), _>>().await
    }));
    match out.await {
        Ok(Err(first)) => assert_eq!(defused(first), BOMB),
        Ok(Ok(())) => panic!("they failed"),
        Err(message) => assert_eq!(message, BOMB),
    }
    live.assert_dropped(3);
}

/// The body's value is lost to a failure that comes after it.
async fn of_a_body_whose_scope_fails(runtime: AnyRuntime) {
    let live = Live::new();
    let out = fail_fast().runtime(runtime).run(async |s| {
        drop(s.spawn(yields(3).map(|()| Err::<Bomb, _>("no"))));
        drop(s.spawn(ready(Ok(Bomb::new(BOMB, &live)))));
        Ok(Bomb::new(BOMB, &live))
    });
    assert_eq!(caught(out).await.map(|_| ()), Err(BOMB.into()));
    live.assert_dropped(2);
}

async fn of_the_futures_of_a_gather_that_fails(runtime: AnyRuntime) {
    let live = Live::new();
    let futures = |live: &Live| {
        let bombs: Vec<_> = (0..3).map(|_| ready(Ok(Bomb::new(BOMB, live))).boxed()).collect();
        bombs.into_iter().chain([yields(3).map(|()| Err("no")).boxed()])
    };
    let all = gather(futures(&live)).runtime(runtime.clone());
    assert_eq!(caught(all).await.map(|_| ()), Err(BOMB.into()));
    let quorum = gather(futures(&live)).runtime(runtime).quorum(4);
    assert_eq!(caught(quorum).await.map(|_| ()), Err(BOMB.into()));
    live.assert_dropped(6);
}

fn of_the_futures_of_a_gather_that_is_dropped(runtime: AnyRuntime) {
    let (live, open) = (Live::new(), Gate::new());
    let bombs = |live: &Live| {
        let bombs: Vec<_> = (0..3)
            .map(|_| ready(Ok::<_, &str>(Bomb::new(BOMB, live))).boxed())
            .collect();
        bombs.into_iter().chain([pending().boxed()])
    };
    let mut all = by_hand(gather(bombs(&live)).runtime(runtime.clone()).settled());
    assert!(all.poll_until_idle().is_pending());
    comes_out_in_a_scope(|| drop(all));
    let mut each = by_hand(gather(bombs(&live)).runtime(runtime.clone()).for_each(|_, result| {
        let wait = open.wait();
        async {
            let _value = result;
            wait.await;
        }
    }));
    // One result is in the call that is under way, the others wait for theirs.
    assert!(each.poll_until_idle().is_pending());
    comes_out_in_a_scope(|| drop(each));
    let three = (
        || ready(Ok::<_, &str>(Bomb::new(BOMB, &live))),
        pending::<Result<(), &str>>(),
    );
    let mut mixed = by_hand(purview::gather!(three.0(), three.0(), three.1).runtime(runtime));
    assert!(mixed.poll_until_idle().is_pending());
    comes_out_in_a_scope(|| drop(mixed));
    assert_eq!(live.alive(), 0);
}

fn that_a_stream_has_not_given(runtime: AnyRuntime) {
    let live = Live::new();
    let mut run = by_hand(settled::<()>().runtime(runtime).run(async |s| {
        let items = s.produce(3, async |tx| {
            while tx.send(Bomb::new(BOMB, &live)).await.is_ok() {}
            Ok(())
        });
        yields(3).await;
        assert!(panics(|| drop(items)));
        Ok(())
    }));
    let mut again = by_hand(async {
        let finished = run.poll_until_idle();
        assert!(finished.is_ready());
    });
    assert!(!panics(|| again.finish()));
    live.assert_dropped(4);
}

faults! {
    run {
        that_is_not_awaited,
        that_was_given_to_its_task,
        that_failed_after_the_first_one,
        of_a_body_whose_scope_fails,
        of_the_futures_of_a_gather_that_fails,
    }
    by_hand {
        that_failed_in_a_settled_scope_which_is_dropped,
        that_failed_in_a_settled_scope_which_is_dropped_while_unwinding,
        that_failed_in_a_fail_fast_scope_which_is_dropped,
        of_the_futures_of_a_gather_that_is_dropped,
        that_a_stream_has_not_given,
    }
}
