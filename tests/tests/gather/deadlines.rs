//! A gather that begins too late polls none of its futures, and what comes in the pass in which its deadline does still counts.

use std::{
    future::{pending, ready},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use futures::{FutureExt, StreamExt, stream};
use purview::{BoxFuture, SpawnError, Spawner, TaskError, Timer, fail_fast, gather, gather_stream, shield};
use purview_tests::{Gate, PollCount, TestClock, by_hand, polled_on_every_runtime};

const MINUTE: Duration = Duration::from_secs(60);

fn one_that_begins_too_late_polls_no_future() {
    let (clock, polls) = (TestClock::new(), PollCount::new());
    let late = clock.now();
    clock.advance(MINUTE);

    let futures = [1, 2].map(|n| polls.of(async move { Ok::<_, ()>(n) }));
    let all = gather(futures).runtime(clock.clone()).deadline(late);
    assert!(by_hand(all).finish().expect_err("late").is_deadline_exceeded());

    let mixed = gather!(polls.of(async { Ok::<_, ()>(1) }), polls.of(async { Ok(2) }));
    let mixed = mixed.runtime(clock.clone()).deadline(late);
    assert!(by_hand(mixed).finish().expect_err("late").is_deadline_exceeded());
    assert_eq!(polls.get(), 0);
}

fn what_comes_in_the_pass_in_which_the_deadline_does_still_counts() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let wait = || gate.wait().map(Ok::<_, ()>);
    let mut all = by_hand(gather([wait(), wait()]).runtime(clock.clone()).timeout(MINUTE));
    let mut mixed = by_hand(gather!(wait(), wait()).runtime(clock.clone()).timeout(MINUTE));
    let mut each = gather([wait(), wait()])
        .runtime(clock.clone())
        .timeout(MINUTE)
        .as_completed();
    assert!(all.poll_until_idle().is_pending());
    assert!(mixed.poll_until_idle().is_pending());
    assert!(by_hand(each.next()).poll_until_idle().is_pending());

    clock.advance(MINUTE);
    gate.open();
    assert!(all.finish().is_ok());
    assert!(mixed.finish().is_ok());
    let results: Vec<_> = by_hand(each.by_ref().collect::<Vec<_>>()).finish();
    assert!(results.iter().all(|(_, result)| result.is_ok()), "{results:?}");
}

fn what_has_not_come_by_then_is_cut() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let set = gather([gate.wait().map(Ok::<_, ()>).boxed(), pending().boxed()])
        .runtime(clock.clone())
        .timeout(MINUTE);
    let mixed = gather!(gate.wait().map(Ok::<_, ()>), pending::<Result<(), ()>>())
        .runtime(clock.clone())
        .timeout(MINUTE);
    let (mut set, mut mixed) = (by_hand(set.settled()), by_hand(mixed.settled()));
    assert!(set.poll_until_idle().is_pending());
    assert!(mixed.poll_until_idle().is_pending());

    clock.advance(MINUTE);
    gate.open();
    let results = set.finish();
    assert!(
        matches!(results[..], [Ok(()), Err(TaskError::Cancelled(_))]),
        "{results:?}"
    );
    let results = mixed.finish();
    assert!(matches!(results, (Ok(()), Err(TaskError::Cancelled(_)))), "{results:?}");
}

fn futures_that_hold_are_waited_for_past_the_deadline() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let cleaning = || async {
        shield(gate.wait()).await;
        pending::<Result<(), ()>>().await
    };
    let mut set = by_hand(gather([cleaning()]).runtime(clock.clone()).timeout(MINUTE));
    let mut mixed = by_hand(gather!(cleaning()).runtime(clock.clone()).timeout(MINUTE));
    for _ in 0..3 {
        assert!(set.poll_until_idle().is_pending());
        assert!(mixed.poll_until_idle().is_pending());
        clock.advance(MINUTE);
    }
    gate.open();
    assert!(set.finish().expect_err("late").is_deadline_exceeded());
    assert!(mixed.finish().expect_err("late").is_deadline_exceeded());
}

/// The second has been pulled, and waits for its start: it can still succeed.
fn one_that_waits_for_the_rate_counts_among_those_to_come() {
    let clock = TestClock::new();
    let mut won = by_hand(
        gather((0..2).map(async |n| Ok::<_, ()>(n)))
            .runtime(clock.clone())
            .rate(1, MINUTE)
            .quorum(2),
    );
    assert!(won.poll_until_idle().is_pending());
    clock.advance(MINUTE);
    assert_eq!(won.finish().ok(), Some(vec![(0, 0), (1, 1)]));
}

fn one_whom_the_rate_keeps_waiting_is_waited_for() {
    let clock = TestClock::new();
    let mut mixed = by_hand(
        gather!(async { Ok::<_, ()>(0) }, async { Ok(1) })
            .runtime(clock.clone())
            .rate(1, MINUTE),
    );
    assert!(mixed.poll_until_idle().is_pending());
    clock.advance(MINUTE);
    assert_eq!(mixed.finish().ok(), Some((0, 1)));
}

/// A clock whose first timer is ready at once, whatever the time.
#[derive(Clone)]
struct EarlyOnce(TestClock, Arc<AtomicBool>);

impl EarlyOnce {
    fn new(clock: &TestClock) -> Self {
        Self(clock.clone(), Arc::default())
    }
}

impl Timer for EarlyOnce {
    fn now(&self) -> Instant {
        self.0.now()
    }

    fn sleep_until(&self, at: Instant) -> BoxFuture {
        let was_early = self.1.swap(true, SeqCst);
        if was_early {
            self.0.sleep_until(at)
        } else {
            Box::pin(ready(()))
        }
    }
}

impl Spawner for EarlyOnce {
    fn spawn(&self, future: BoxFuture) -> Result<(), SpawnError> {
        self.0.spawn(future)
    }

    fn spawn_blocking(&self, closure: Box<dyn FnOnce() + Send>) -> Result<(), SpawnError> {
        self.0.spawn_blocking(closure)
    }
}

fn a_timer_that_was_early_is_followed_by_one_that_wakes() {
    let clock = TestClock::new();
    let waits = pending::<Result<(), ()>>;
    let mut set = by_hand(gather([waits()]).runtime(EarlyOnce::new(&clock)).timeout(MINUTE));
    let mut mixed = by_hand(gather!(waits()).runtime(EarlyOnce::new(&clock)).timeout(MINUTE));
    let mut scope = by_hand(
        fail_fast()
            .runtime(EarlyOnce::new(&clock))
            .timeout(MINUTE)
            .run(|_| waits()),
    );
    assert!(set.poll_until_idle().is_pending());
    assert!(mixed.poll_until_idle().is_pending());
    assert!(scope.poll_until_idle().is_pending());
    let wakes = (set.wakes(), mixed.wakes(), scope.wakes());
    clock.advance(MINUTE);
    let woken = (set.wakes(), mixed.wakes(), scope.wakes());
    assert_eq!(woken, (wakes.0 + 1, wakes.1 + 1, wakes.2 + 1));
    assert!(set.finish().expect_err("late").is_deadline_exceeded());
    assert!(mixed.finish().expect_err("late").is_deadline_exceeded());
    assert!(scope.finish().expect_err("late").is_deadline_exceeded());
}

/// Each poll has something to give, so none has nothing to do.
fn a_stream_of_results_that_never_waits_comes_to_its_deadline() {
    let clock = TestClock::new();
    let futures = stream::repeat_with(|| {
        clock.advance(MINUTE / 1_000);
        ready(Ok::<_, ()>(7))
    });
    let results = gather_stream(futures)
        .runtime(clock.clone())
        .timeout(MINUTE)
        .limit(1)
        .as_completed();
    let seen = by_hand(results.take(10_000).collect::<Vec<_>>()).finish();
    assert!((999..1_200).contains(&seen.len()), "{}", seen.len());
}

fn what_takes_results_that_never_wait_lets_others_run() {
    let results = gather_stream(stream::repeat_with(|| ready(Ok::<_, ()>(7)))).as_completed();
    let mut taken = 0;
    let mut consumer = by_hand(results.for_each(|_| {
        taken += 1;
        ready(())
    }));
    assert!(consumer.poll().is_pending());
    assert_eq!(consumer.wakes(), 1);
    assert!(consumer.poll().is_pending());
    assert_eq!(consumer.wakes(), 2);
    drop(consumer);
    assert!((2..=256).contains(&taken), "{taken}");
}

polled_on_every_runtime!(
    a_stream_of_results_that_never_waits_comes_to_its_deadline,
    what_takes_results_that_never_wait_lets_others_run,
    one_whom_the_rate_keeps_waiting_is_waited_for,
    a_timer_that_was_early_is_followed_by_one_that_wakes,
    futures_that_hold_are_waited_for_past_the_deadline,
    one_that_waits_for_the_rate_counts_among_those_to_come,
    one_that_begins_too_late_polls_no_future,
    what_comes_in_the_pass_in_which_the_deadline_does_still_counts,
    what_has_not_come_by_then_is_cut,
);
