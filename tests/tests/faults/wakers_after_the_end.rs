//! Wakers that outlive the scope they came from wake nothing, keep nothing alive that matters, and do no harm.

use std::{
    future::{pending, poll_fn},
    sync::{Arc, Mutex},
    task::{Poll, Waker},
    thread,
};

use futures::FutureExt;
use purview::{cancelled, fail_fast, gather, scope, settled, shield, timeout};
use purview_tests::{AnyRuntime, PollCount, by_hand, calling_waker, yields};

use crate::live::Live;

/// The wakers of all tasks that were polled.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<Waker>>>);

impl Kept {
    /// Keeps its waker, and is over.
    async fn keep(self) {
        poll_fn(|cx| {
            self.0.lock().unwrap().push(cx.waker().clone());
            Poll::Ready(())
        })
        .await;
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Wakes, clones and drops all of them, here and on another thread.
    fn use_all(&self) {
        let wakers = std::mem::take(&mut *self.0.lock().unwrap());
        wakers.iter().for_each(Waker::wake_by_ref);
        let (clones, again) = (wakers.clone(), wakers.clone());
        thread::spawn(move || clones.into_iter().for_each(Waker::wake))
            .join()
            .expect("no wake panics");
        assert!(wakers.iter().zip(&again).all(|(waker, clone)| waker.will_wake(clone)));
        drop((wakers, again));
    }
}

/// Keeps wakers in every kind of place, and then never ends.
async fn everywhere(kept: Kept, live: Live) -> Result<(), &'static str> {
    let _value = live.value();
    kept.clone().keep().await;
    shield(kept.clone().keep()).await;
    let _ = timeout(std::time::Duration::MAX, kept.clone().keep()).await;
    scope(async |s| {
        kept.clone().keep().await;
        s.spawn(kept.clone().keep()).await;
    })
    .await;
    drop(gather([kept.clone().keep().map(Ok::<_, ()>)]).await);
    cancelled().await;
    Ok(())
}

async fn of_a_scope_that_has_ended(runtime: AnyRuntime) {
    let (kept, live) = (Kept::default(), Live::new());
    let out = fail_fast::<&str>().runtime(runtime).run(async |s| {
        kept.clone().keep().await;
        for _ in 0..3 {
            s.spawn(live.within(kept.clone().keep().map(Ok)));
            let kept = kept.clone();
            s.spawn_parallel(live.within(kept.keep().map(Ok)));
        }
        s.defer(kept.clone().keep());
        Ok(())
    });
    assert!(out.await.is_ok());
    live.all_dropped(6).await;
    assert_eq!(kept.len(), 8);
    kept.use_all();
}

async fn of_a_scope_that_was_cancelled(runtime: AnyRuntime) {
    let (kept, live) = (Kept::default(), Live::new());
    let out = settled().runtime(runtime).run(async |s| {
        for _ in 0..3 {
            s.spawn(everywhere(kept.clone(), live.clone()));
            s.spawn_parallel(everywhere(kept.clone(), live.clone()));
        }
        while kept.len() < 36 {
            yields(1).await;
        }
        s.cancel();
        Ok(())
    });
    assert!(out.await.is_ok());
    live.all_dropped(6).await;
    kept.use_all();
}

fn of_a_scope_that_was_dropped(runtime: AnyRuntime) {
    let (kept, live, polls) = (Kept::default(), Live::new(), PollCount::new());
    let woken = PollCount::new();
    let counts = woken.clone();
    let waker = calling_waker(move || counts.add_one());
    let mut run = by_hand(settled().runtime(runtime).run(async |s| {
        kept.clone().keep().await;
        for _ in 0..3 {
            s.spawn(polls.of(everywhere(kept.clone(), live.clone())));
        }
        pending::<Result<(), &str>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    assert!(run.poll_with(&waker).is_pending());
    drop(run);
    let (before, polled) = (woken.get(), polls.get());
    assert_eq!(kept.len(), 19);
    kept.use_all();
    assert_eq!((woken.get(), polls.get()), (before, polled));
    live.assert_dropped(3);
}

/// The waker of a child that is over, in a scope that is not: no other task is polled for it.
fn of_a_child_that_has_ended(runtime: AnyRuntime) {
    let (kept, live, polls) = (Kept::default(), Live::new(), PollCount::new());
    let mut run = by_hand(settled().runtime(runtime).run(async |s| {
        s.spawn(polls.of(pending::<Result<(), _>>()));
        let ended = s.spawn(live.within(kept.clone().keep().map(Ok::<_, &str>)));
        ended.await.expect("it has ended");
        let cut = s.spawn(everywhere(kept.clone(), live.clone()));
        yields(2).await;
        cut.cancel();
        drop(cut.await);
        polls.of(pending::<Result<(), _>>()).await
    }));
    assert!(run.poll_until_idle().is_pending());
    live.assert_dropped(2);
    assert_eq!((kept.len(), polls.get()), (7, 2));
    kept.use_all();
    assert!(run.poll_until_idle().is_pending());
    assert_eq!(polls.get(), 2);
}

fn that_wake_while_the_scope_is_dropped(runtime: AnyRuntime) {
    let (kept, live) = (Kept::default(), Live::new());
    let mut run = by_hand(settled().runtime(runtime).run(async |s| {
        for _ in 0..3 {
            let (here, kept) = (kept.clone(), kept.clone());
            let calls = purview_tests::CallsOnDrop(move || kept.use_all());
            s.spawn(live.within(async {
                let _calls = calls;
                here.keep().await;
                pending::<Result<(), &str>>().await
            }));
        }
        pending::<Result<(), _>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    drop(run);
    live.assert_dropped(3);
}

faults! {
    run {
        of_a_scope_that_has_ended,
        of_a_scope_that_was_cancelled,
    }
    by_hand {
        of_a_scope_that_was_dropped,
        of_a_child_that_has_ended,
        that_wake_while_the_scope_is_dropped,
    }
}
