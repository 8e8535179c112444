//! Children that yield, in such a number that the pass did enough just before the same ones each time, starved for ever.

use std::{
    cell::Cell,
    future::pending,
    pin::pin,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    task::{Context, Waker},
    time::Duration,
};

use futures::{StreamExt, stream};
use purview::{gather, gather_stream, local_scope, scope, timeout};
use purview_test::explore;
use purview_tests::{by_hand, yields};

const PASSES: usize = 400;

async fn counts_its_turns(turns: &AtomicU64) {
    loop {
        turns.fetch_add(1, Relaxed);
        yields(1).await;
    }
}

fn passes(future: impl Future<Output = ()>) {
    let mut future = pin!(future);
    for _ in 0..PASSES {
        let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
    }
}

fn counters(n: usize) -> Vec<AtomicU64> {
    (0..n).map(|_| AtomicU64::new(0)).collect()
}

/// No child has been polled less than a tenth as often as another.
#[track_caller]
fn assert_fair<'a>(counts: impl IntoIterator<Item = &'a AtomicU64>, of_whom: &str) {
    let counts: Vec<u64> = counts.into_iter().map(|count| count.load(Relaxed)).collect();
    let (least, most) = (counts.iter().min(), counts.iter().max());
    assert!(least.unwrap() * 10 >= *most.unwrap(), "{of_whom}: {counts:?}");
}

#[test]
fn among_the_children_of_a_scope() {
    for n in 1..=200 {
        for body_yields in [false, true] {
            let turns = counters(n);
            passes(scope(async |s| {
                for turns in &turns {
                    s.spawn(counts_its_turns(turns));
                }
                if body_yields {
                    counts_its_turns(&AtomicU64::new(0)).await;
                }
            }));
            assert_fair(&turns, &format!("{n} children"));
        }
    }
}

#[test]
fn among_the_futures_of_a_gather() {
    for n in 1..=200 {
        let turns = counters(n);
        passes(async {
            let futures = turns.iter().map(async |turns| {
                counts_its_turns(turns).await;
                Ok::<_, ()>(())
            });
            let _ = gather(futures).await;
        });
        assert_fair(&turns, &format!("a gather of {n}"));
    }
}

#[test]
fn among_grandchildren() {
    for (outer, inner) in (1..=12).flat_map(|outer| (1..=12).map(move |inner| (outer, inner))) {
        let turns: Vec<Vec<AtomicU64>> = (0..outer).map(|_| counters(inner)).collect();
        passes(scope(async |s| {
            for turns in &turns {
                s.spawn(async move {
                    scope(async |s| {
                        for turns in turns {
                            s.spawn(counts_its_turns(turns));
                        }
                    })
                    .await;
                });
            }
        }));
        assert_fair(turns.iter().flatten(), &format!("{outer} scopes of {inner}"));
    }
}

#[test]
fn and_every_child_is_started_beside_those_that_wait() {
    for n in 1..=400 {
        let (by_scope, by_gather) = (Cell::new(0), Cell::new(0));
        let waits = |started: &Cell<usize>| started.set(started.get() + 1);
        let mut children = by_hand(local_scope(async |s| {
            for _ in 0..n {
                s.spawn(async {
                    waits(&by_scope);
                    pending::<()>().await;
                });
            }
        }));
        assert!(children.poll_until_idle().is_pending());
        let mut futures = by_hand(gather((0..n).map(|_| async {
            waits(&by_gather);
            pending::<Result<(), ()>>().await
        })));
        assert!(futures.poll_until_idle().is_pending());
        drop((children, futures));
        assert_eq!((by_scope.get(), by_gather.get()), (n, n));
    }
}

#[test]
fn and_every_child_is_started_whatever_is_done_in_one_poll() {
    explore(200, || async {
        let started = Cell::new(0);
        let futures = (0..20).map(|_| async {
            started.set(started.get() + 1);
            while started.get() < 20 {
                yields(1).await;
            }
            Ok::<_, ()>(())
        });
        gather(futures).await.expect("none of them fails");
        let waiting = (0..20).map(|_| async {
            started.set(started.get() + 1);
            pending::<Result<(), ()>>().await
        });
        let _late = timeout(Duration::from_secs(1), async { gather(waiting).await }).await;
        assert_eq!(started.get(), 40);
    });
}

#[test]
fn whatever_a_scope_does_in_one_poll() {
    explore(200, || async {
        let others = Cell::new(0);
        scope(async |s| {
            for _ in 0..6 {
                s.spawn(yields(20));
            }
        })
        .await;
        gather((0..6).map(|_| async {
            yields(20).await;
            others.set(others.get() + 1);
            Ok::<_, ()>(())
        }))
        .await
        .expect("none of them fails");
        assert_eq!(others.get(), 6);
    });
}

#[test]
fn beside_a_call_that_yields_until_they_have_ended() {
    explore(200, || async {
        let ended = Cell::new(0);
        let futures = (0..4).map(|turns| {
            let ended = &ended;
            async move {
                yields(turns).await;
                ended.set(ended.get() + 1);
                Ok::<_, ()>(())
            }
        });
        gather(futures)
            .for_each(async |_, _| {
                while ended.get() < 4 {
                    yields(1).await;
                }
            })
            .await;
    });
}

#[test]
fn beside_futures_that_yield_until_the_call_has_been_made() {
    explore(200, || async {
        let made = Cell::new(false);
        let futures = (0..4).map(|waits| {
            let made = &made;
            async move {
                while waits > 0 && !made.get() {
                    yields(1).await;
                }
                Ok::<_, ()>(())
            }
        });
        gather(futures)
            .for_each(async |_, _| {
                yields(1).await;
                made.set(true);
            })
            .await;
    });
}

#[test]
fn beside_a_source_that_always_has_another() {
    explore(200, || async {
        let futures = stream::repeat_with(|| async {
            yields(1).await;
            Ok::<_, ()>(())
        });
        let ended = gather_stream(futures).as_completed().take(5).count().await;
        assert_eq!(ended, 5);
    });
}
