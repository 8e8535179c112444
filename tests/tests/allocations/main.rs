//! What is allocated: three times for a child, once for a future of a gather, and a handful of times for all. What has ended
//! leaves nothing in what lives on.
#![forbid(unsafe_code)]

use std::{
    alloc::System,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Context,
    time::Duration,
};

use purview_core::{CancelToken, fail_fast, gather, scope, settled, shield, timeout, try_scope};
use purview_tests::Gate;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Polls a future that is ready at once, or soon, without an executor that allocates; gives the allocations it made.
///
/// The fewest of several times: the thread of the harness allocates too, when it finds the time.
fn allocations<F: Future>(make: impl Fn() -> F) -> (usize, F::Output) {
    (0..5)
        .map(|_| once(&make))
        .min_by_key(|(made, _)| *made)
        .expect("five times")
}

fn once<F: Future>(make: impl Fn() -> F) -> (usize, F::Output) {
    let region = Region::new(ALLOCATOR);
    let mut fut = pin!(make());
    let mut cx = Context::from_waker(std::task::Waker::noop());
    let output = loop {
        if let std::task::Poll::Ready(output) = fut.as_mut().poll(&mut cx) {
            break output;
        }
    };
    (region.change().allocations, output)
}

async fn number(n: usize) -> Result<usize, ()> {
    purview_core::checkpoint().await;
    Ok(n)
}

/// Allocations for one more of `n` things: `make` is given how many.
fn for_one_more<F: Future>(n: usize, make: impl Fn(usize) -> F) -> f64 {
    drop(allocations(|| make(1)));
    let (few, _) = allocations(|| make(n));
    let (twice_as_many, _) = allocations(|| make(2 * n));
    #[expect(clippy::cast_precision_loss, reason = "they are thousands")]
    let more = (twice_as_many - few) as f64 / n as f64;
    more
}

/// What grows with the number, such as a queue, is made anew a few times.
const GROWTH: f64 = 0.02;

static ALONE: Mutex<()> = Mutex::new(());

/// The counts are the whole process's: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn a_child_costs_three() {
    let _alone = alone();
    // Its box, its place in the set and the slot its task waits on.
    let unawaited = for_one_more(1_000, |n| {
        scope(async move |s| (0..n).for_each(|n| drop(s.spawn(number(n)))))
    });
    let ready = for_one_more(1_000, |n| {
        scope(async move |s| (0..n).for_each(|n| drop(s.spawn(std::future::ready(n)))))
    });
    let awaited = for_one_more(1_000, |n| {
        scope(async move |s| {
            for n in 0..n {
                assert_eq!(s.spawn(number(n)).await, Ok(n));
            }
        })
    });
    let fallible = for_one_more(1_000, |n| {
        try_scope(async move |s| {
            (0..n).for_each(|n| drop(s.spawn(number(n))));
            Ok(())
        })
    });
    for (kind, made) in [
        ("unawaited", unawaited),
        ("ready", ready),
        ("awaited", awaited),
        ("fallible", fallible),
    ] {
        assert!(made <= 3.0 + GROWTH, "{made} allocations for one more {kind} child");
    }
}

#[test]
fn a_gathered_future_costs_one() {
    let _alone = alone();
    let all = for_one_more(1_000, |n| gather((0..n).map(number)));
    let settled = for_one_more(1_000, |n| gather((0..n).map(number)).settled());
    let each = for_one_more(1_000, |n| {
        gather((0..n).map(number)).for_each(async |_, result| assert!(result.is_ok()))
    });
    for (mode, made) in [("all", all), ("settled", settled), ("for_each", each)] {
        assert!(
            made <= 1.0 + GROWTH,
            "{made} allocations for one more future of a gather, {mode}"
        );
    }
}

#[test]
fn an_empty_scope_costs_three() {
    let _alone = alone();
    let _ = allocations(|| scope(async |_| {}));
    // Its node, its queue and the box of its body.
    let (made, ()) = allocations(|| scope(async |_| {}));
    assert!(made <= 3, "{made} allocations");
    let (made, waited) = allocations(|| scope(async |_| number(7).await));
    assert_eq!(waited, Ok(7));
    assert!(made <= 3, "{made} allocations for one whose body waits");
    let (made, out) = allocations(|| try_scope(async |_| Ok::<_, ()>(7)));
    assert_eq!(out, Ok(7));
    assert!(made <= 3, "{made} allocations for one that may fail");
}

#[test]
fn many_futures_cost_a_handful_for_all() {
    let _alone = alone();
    // Whatever is made once for a thread is made now.
    drop(allocations(|| gather((0..3).map(number))));
    drop(allocations(|| gather!(number(0), number(1), number(2))));

    for n in [1, 10, 1_000] {
        let (made, all) = allocations(|| gather((0..n).map(number)));
        assert_eq!(all.unwrap().len(), n);
        assert!(made <= n + 8, "gather of {n} made {made} allocations");
        let (made, all) = allocations(|| gather((0..n).map(number)).settled());
        assert_eq!(all.len(), n);
        assert!(made <= n + 8, "gather of {n}, settled, made {made} allocations");
    }

    let (made, three) = allocations(|| gather!(number(0), number(1), number(2)));
    assert_eq!(three.unwrap(), (0, 1, 2));
    assert!(made <= 4, "gather! of three made {made} allocations");
}

/// Unless what it bounds waits, or asks for its deadline or scope.
#[test]
fn a_timeout_costs_none() {
    let _alone = alone();
    let made = for_one_more(1_000, |n| {
        scope(async move |_| {
            for n in 0..n {
                assert_eq!(timeout(Duration::from_secs(3600), async move { n }).await, Ok(n));
            }
        })
    });
    assert!(made <= GROWTH, "{made} allocations for one more timeout");
}

/// How many bytes more are in use after so many rounds; the fewest of several times.
fn left_of(rounds: usize, mut once: impl FnMut()) -> usize {
    let mut all = || {
        let region = Region::new(ALLOCATOR);
        (0..rounds).for_each(|_| once());
        let change = region.change();
        change.bytes_allocated.saturating_sub(change.bytes_deallocated)
    };
    (0..5).map(|_| all()).min().expect("five times")
}

/// Whatever keeps something of each keeps more than a byte.
#[test]
fn what_was_below_a_token_leaves_nothing_there() {
    const ROUNDS: usize = 1_000;
    let _alone = alone();
    let token = CancelToken::new();
    let of_tokens = left_of(ROUNDS, || drop(token.child().child()));
    let of_scopes = left_of(ROUNDS, || {
        let scope = fail_fast::<()>().cancel_on(&token).run(async |_| Ok(()));
        assert!(purview_core::block_on(scope).is_ok());
    });
    assert!(
        of_tokens < ROUNDS && of_scopes < ROUNDS,
        "{of_tokens} bytes of tokens, {of_scopes} of scopes"
    );
}

/// They are forgotten in sweeps: a few are there at any time.
#[test]
fn a_child_that_ends_in_the_grace_it_was_given_leaves_nothing_in_its_scope() {
    const ROUNDS: usize = 1_000;
    let _alone = alone();
    let (open, driver) = settled::<()>().grace(Duration::from_secs(3600)).open();
    let mut driver = pin!(driver);
    let mut cx = Context::from_waker(std::task::Waker::noop());
    // One whose grace ends before theirs, and which holds until then.
    let earlier = open.spawn(shield(std::future::pending::<Result<(), ()>>()));
    assert!(driver.as_mut().poll(&mut cx).is_pending());
    earlier.cancel();
    assert!(driver.as_mut().poll(&mut cx).is_pending());
    let left = left_of(ROUNDS, || {
        let gate = Gate::new();
        let wait = gate.wait();
        let task = open.spawn(shield(async move {
            wait.await;
            Ok(())
        }));
        assert!(driver.as_mut().poll(&mut cx).is_pending());
        task.cancel();
        assert!(driver.as_mut().poll(&mut cx).is_pending());
        assert!(!task.is_finished(), "it holds");
        gate.open();
        while !task.is_finished() {
            assert!(driver.as_mut().poll(&mut cx).is_pending());
        }
    });
    assert!(left < 50 * ROUNDS, "{left} bytes");
}
