//! Never more than `n` children are started and unfinished, all of them run, and zero is refused.

use std::{
    future::pending,
    num::NonZeroUsize,
    panic::catch_unwind,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use futures::{FutureExt, StreamExt, stream};
use purview::{RejectReason, fail_fast, gather, gather_stream, settled};
use purview_tests::{Gate, Log, PollCount, by_hand, message_of, on_every_runtime, polled_on_every_runtime, yields};

/// How many are at it now, and how many were at most.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
    done: AtomicUsize,
}

impl Gauge {
    async fn work(&self, turns: usize) -> Result<(), ()> {
        let now = self.now.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(now, SeqCst);
        yields(turns).await;
        self.now.fetch_sub(1, SeqCst);
        self.done.fetch_add(1, SeqCst);
        Ok(())
    }

    #[track_caller]
    fn assert(&self, limit: usize, done: usize) {
        let most = self.most.load(SeqCst);
        assert!((1..=limit).contains(&most), "{most} at once, of {limit}");
        assert_eq!(
            (self.now.load(SeqCst), self.done.load(SeqCst)),
            (0, done),
            "(running, done)"
        );
    }
}

const CHILDREN: usize = 500;
const LIMITS: [usize; 3] = [1, 10, 100];

async fn in_a_scope() {
    for limit in LIMITS {
        let gauge = Gauge::default();
        let run = fail_fast::<()>().limit(limit).run(async |s| {
            for n in 0..CHILDREN {
                s.spawn(gauge.work(1 + n % 5));
            }
            Ok(())
        });
        assert!(run.await.is_ok());
        gauge.assert(limit, CHILDREN);
    }
}

async fn in_a_scope_with_permits() {
    for limit in LIMITS {
        let gauge = Gauge::default();
        let run = fail_fast::<()>().limit(limit).run(async |s| {
            for n in 0..CHILDREN {
                s.permit().await.spawn(gauge.work(1 + n % 5));
            }
            Ok(())
        });
        assert!(run.await.is_ok());
        gauge.assert(limit, CHILDREN);
    }
}

async fn in_a_gather() {
    for limit in LIMITS {
        let gauge = Gauge::default();
        let futures = || (0..CHILDREN).map(|n| gauge.work(1 + n % 5));
        assert!(gather(futures()).limit(limit).await.is_ok());
        gauge.assert(limit, CHILDREN);
        assert!(gather_stream(stream::iter(futures())).limit(limit).await.is_ok());
        gauge.assert(limit, 2 * CHILDREN);
        let mut done = gather(futures()).as_completed().limit(limit);
        while done.next().await.is_some() {}
        gauge.assert(limit, 3 * CHILDREN);
    }
    let gauge = Gauge::default();
    let mixed = gather!(gauge.work(3), gauge.work(1), gauge.work(2), gauge.work(1)).limit(2);
    assert!(mixed.await.is_ok());
    gauge.assert(2, 4);
}

fn as_many_as_the_limit_allows_do_run() {
    for limit in LIMITS {
        let polls = PollCount::new();
        let mut run = by_hand(fail_fast::<()>().limit(limit).run(async |s| {
            for _ in 0..CHILDREN {
                s.spawn(polls.of(pending::<Result<(), ()>>()));
            }
            Ok(())
        }));
        assert!(run.poll_until_idle().is_pending());
        assert_eq!(polls.get(), limit);
        let polls = PollCount::new();
        let mut all = by_hand(gather((0..CHILDREN).map(|_| polls.of(pending::<Result<(), ()>>()))).limit(limit));
        assert!(all.poll_until_idle().is_pending());
        assert_eq!(polls.get(), limit);
    }
}

fn queued_children_start_in_the_order_they_were_spawned() {
    let log = Log::new();
    let mut run = by_hand(fail_fast::<()>().limit(1).run(async |s| {
        for name in ["a", "b", "c"] {
            s.spawn(log.traced(name, async { Ok(()) }));
        }
        assert_eq!(s.len(), 3, "queued children count");
        Ok(())
    }));
    assert!(run.finish().is_ok());
    let polled: Vec<_> = log
        .entries()
        .into_iter()
        .filter(|entry| entry.ends_with("polled"))
        .collect();
    assert_eq!(polled, ["a polled", "b polled", "c polled"]);
}

fn try_spawn_takes_a_place_or_hands_the_future_back() {
    let gate = Gate::new();
    let mut run = by_hand(settled::<()>().limit(2).run(async |s| {
        let first = s.try_spawn(gate.wait().map(Ok)).expect("two places");
        let second = s.try_spawn(gate.wait().map(Ok)).expect("one place");
        let refused = s.try_spawn(async { Ok(7) }).expect_err("no place");
        assert_eq!(refused.reason(), &RejectReason::Full);
        assert_eq!(s.len(), 2);
        gate.open();
        assert!(first.await.is_ok() && second.await.is_ok());
        let task = s.try_spawn(refused.into_inner()).expect("there is room again");
        assert_eq!(task.await.ok(), Some(7));
        s.cancel();
        let refused = s.try_spawn(async { Ok(8) }).expect_err("cancelled");
        assert!(matches!(refused.reason(), RejectReason::Cancelled(_)));
        Ok(())
    }));
    drop(run.finish());
}

/// Waits come first: a place that is free for a moment must not be taken by a later child.
fn try_spawn_does_not_jump_the_queue() {
    let (gate, log) = (Gate::new(), Log::new());
    let mut run = by_hand(settled::<()>().limit(1).run(async |s| {
        let first = s.spawn(gate.wait().map(Ok));
        s.spawn(log.traced("queued", yields(3).map(Ok)));
        gate.open();
        drop(first.await);
        let refused = s
            .try_spawn(async { Ok(()) })
            .expect_err("another one waits for it, or has it");
        assert_eq!(refused.reason(), &RejectReason::Full);
        Ok(())
    }));
    assert!(run.finish().is_ok());
}

fn zero_is_refused_where_it_is_written() {
    let refused = |build: fn()| message_of(&*catch_unwind(build).expect_err("with zero no child could start"));
    let messages = [
        refused(|| drop(fail_fast::<()>().limit(0))),
        refused(|| drop(gather([async { Ok::<_, ()>(()) }]).limit(0))),
        refused(|| drop(gather!(async { Ok::<_, ()>(()) }).limit(0))),
    ];
    for message in messages {
        assert!(
            message.contains("a limit of 0 would let no child ever start"),
            "{message}"
        );
    }
    let one = NonZeroUsize::MIN;
    let run = fail_fast::<()>()
        .limit(one)
        .run(async |s| Ok(s.spawn(async { Ok(1) }).await));
    assert_eq!(by_hand(run).finish().ok(), Some(1));
}

on_every_runtime!(in_a_scope, in_a_scope_with_permits, in_a_gather);
polled_on_every_runtime!(
    as_many_as_the_limit_allows_do_run,
    queued_children_start_in_the_order_they_were_spawned,
    try_spawn_takes_a_place_or_hands_the_future_back,
    try_spawn_does_not_jump_the_queue,
    zero_is_refused_where_it_is_written,
);
