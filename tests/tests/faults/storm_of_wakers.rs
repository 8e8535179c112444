//! A million wakers that are kept, and woken at once: as many polls as there was something to do.
//!
//! `PURVIEW_WAKERS` says how many; a million unless it does.

use std::{
    future::{pending, poll_fn},
    mem,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
    thread,
};

use purview::{CancelToken, fail_fast, gather, settled};
use purview_tests::{AnyRuntime, PollCount, by_hand, yield_now};

use crate::live::Live;

fn storm() -> usize {
    let wanted = std::env::var("PURVIEW_WAKERS").ok();
    wanted.map_or(1_000_000, |wanted| wanted.parse().expect("PURVIEW_WAKERS is a number"))
}

type Kept = Arc<Mutex<Vec<Waker>>>;

/// Keeps `each` clones of its waker in its first poll, and never ends.
async fn keeps(kept: Kept, each: usize) -> Result<(), &'static str> {
    let mut first = true;
    poll_fn(|cx| {
        if mem::take(&mut first) {
            kept.lock().unwrap().extend((0..each).map(|_| cx.waker().clone()));
        }
        Poll::Pending
    })
    .await
}

/// As many polls as wakes would be a million; each pass polls the children that it finds woken, once.
fn of_one_child_and_woken_at_once(runtime: AnyRuntime) {
    let (live, kept, polls, each) = (Live::new(), Kept::default(), PollCount::new(), storm());
    let mut run = by_hand(settled().runtime(runtime).run(async |s| {
        s.spawn(live.within(polls.of(keeps(kept.clone(), each))));
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    for waker in kept.lock().unwrap().iter() {
        waker.wake_by_ref();
    }
    assert_eq!((polls.get(), run.wakes()), (1, 1));
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 2);
    drop(run);
    live.assert_dropped(1);
    kept.lock().unwrap().drain(..).for_each(Waker::wake);
}

/// Threads wake while the scope runs, is cancelled, and is over.
async fn woken_by_threads_until_after_the_end(runtime: AnyRuntime) {
    const CHILDREN: usize = 100;
    let (live, kept) = (Live::new(), Kept::default());
    let each = storm() / CHILDREN;
    let out = fail_fast().runtime(runtime).run(async |s| {
        for i in 0..CHILDREN {
            let child = live.within(keeps(kept.clone(), each));
            drop(if i % 2 == 0 {
                s.spawn(child)
            } else {
                s.spawn_parallel(child)
            });
        }
        while kept.lock().unwrap().len() < CHILDREN * each {
            yield_now().await;
        }
        let wakers = mem::take(&mut *kept.lock().unwrap());
        let storms: Vec<_> = wakers
            .chunks(wakers.len() / 4)
            .map(|wakers| {
                let wakers = wakers.to_vec();
                thread::spawn(move || wakers.into_iter().for_each(Waker::wake))
            })
            .collect();
        drop(wakers);
        yield_now().await;
        s.cancel();
        // The body is dropped before it comes here, and the storms blow on.
        yield_now().await;
        drop(storms);
        Ok(())
    });
    assert!(
        out.await
            .is_err_and(|error: purview::ScopeError<&str>| error.is_cancelled())
    );
    live.all_dropped(CHILDREN).await;
}

fn of_a_million_waits_on_a_token(_: AnyRuntime) {
    let (token, waiters) = (CancelToken::new(), storm() / 10);
    let mut waiting: Vec<_> = (0..waiters).map(|_| by_hand(token.cancelled())).collect();
    assert!(waiting.iter_mut().all(|waiting| waiting.poll().is_pending()));
    token.cancel();
    assert!(waiting.iter().all(|waiting| waiting.wakes() == 1));
    assert!(waiting.iter_mut().all(|waiting| waiting.poll().is_ready()));
}

fn kept_by_the_futures_of_a_gather(runtime: AnyRuntime) {
    let (live, kept, polls, each) = (Live::new(), Kept::default(), PollCount::new(), storm() / 4);
    let futures = (0..4).map(|_| live.within(polls.of(keeps(kept.clone(), each))));
    let mut all = by_hand(gather(futures).runtime(runtime));
    assert!(all.poll_until_idle().is_pending());
    for waker in kept.lock().unwrap().iter() {
        waker.wake_by_ref();
    }
    assert_eq!((polls.get(), all.wakes()), (4, 1));
    assert!(all.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 8);
    drop(all);
    live.assert_dropped(4);
    kept.lock().unwrap().drain(..).for_each(Waker::wake);
}

/// Every poll gives another waker: none of those before is kept.
fn that_differ_from_poll_to_poll(runtime: AnyRuntime) {
    let (live, census) = (Live::new(), Live::new());
    let mut run = by_hand(settled::<&str>().runtime(runtime).run(async |s| {
        s.spawn(live.within(pending::<Result<(), _>>()));
        pending::<Result<(), _>>().await
    }));
    for _ in 0..storm() / 10 {
        let counted = census.value();
        let waker = purview_tests::calling_waker(move || assert!(counted.is_alive()));
        assert!(run.poll_with(&waker).is_pending());
    }
    assert_eq!(census.alive(), 1);
    drop(run);
    census.assert_dropped(storm() / 10);
    live.assert_dropped(1);
}

faults! {
    run {
        woken_by_threads_until_after_the_end,
    }
    by_hand {
        of_one_child_and_woken_at_once,
        of_a_million_waits_on_a_token,
        kept_by_the_futures_of_a_gather,
        that_differ_from_poll_to_poll,
    }
}
