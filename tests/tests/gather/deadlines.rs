//! A gather that begins too late polls nobody, and what comes in the pass in which its deadline does still counts.

use std::{future::pending, time::Duration};

use futures::{FutureExt, StreamExt};
use purview::{TaskError, Timer, gather, shield};
use purview_tests::{Gate, PollCount, TestClock, by_hand, polled_on_every_runtime};

const MINUTE: Duration = Duration::from_secs(60);

fn one_that_begins_too_late_polls_nobody() {
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

fn those_who_hold_are_waited_for_past_the_deadline() {
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
fn one_whom_the_rate_keeps_waiting_counts_among_those_to_come() {
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

polled_on_every_runtime!(
    those_who_hold_are_waited_for_past_the_deadline,
    one_whom_the_rate_keeps_waiting_counts_among_those_to_come,
    one_that_begins_too_late_polls_nobody,
    what_comes_in_the_pass_in_which_the_deadline_does_still_counts,
    what_has_not_come_by_then_is_cut,
);
