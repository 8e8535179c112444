//! The options of a gather do the same for futures of one type and of several, before and after the mode.

use std::{future::pending, task::Poll, time::Duration};

use purview::{CancelReason, CancelToken, ScopeError, TaskError, Timer, gather, shield};
use purview_tests::{ByHand, Gate, Log, TestClock, by_hand, polled_on_every_runtime};

const SECOND: Duration = Duration::from_secs(1);

async fn never() -> Result<(), ()> {
    pending().await
}

/// Holds until its gate is open, and never ends.
async fn holds(gate: &Gate) -> Result<(), ()> {
    shield(gate.wait()).await;
    pending().await
}

#[track_caller]
fn why<T>(result: Result<T, ScopeError<()>>) -> CancelReason {
    let Err(error) = result else { panic!("it was cut short") };
    assert!(error.failures().is_empty());
    error.reason().clone()
}

/// Neither is ready before `event`, and both after.
#[track_caller]
fn both_end_by<A: Future, B: Future>(one: A, other: B, event: impl FnOnce()) -> (A::Output, B::Output) {
    let (mut one, mut other): (ByHand<A>, ByHand<B>) = (by_hand(one), by_hand(other));
    assert!(one.poll_until_idle().is_pending());
    assert!(other.poll_until_idle().is_pending());
    event();
    (one.finish(), other.finish())
}

fn a_deadline_is_an_instant_of_the_clock_of_the_runtime() {
    let clock = TestClock::new();
    let at = clock.now() + SECOND;
    let alike = gather([never()]).runtime(clock.clone()).deadline(at);
    let mixed = gather!(never()).runtime(clock.clone()).deadline(at);
    let (alike, mixed) = both_end_by(alike, mixed, || clock.advance(SECOND));
    assert_eq!(why(alike), CancelReason::DeadlineExceeded);
    assert_eq!(why(mixed), CancelReason::DeadlineExceeded);
}

fn of_two_deadlines_the_earlier_one_counts() {
    let clock = TestClock::new();
    let at = clock.now() + SECOND;
    let alike = gather([never()])
        .deadline(at)
        .timeout(2 * SECOND)
        .runtime(clock.clone());
    let mixed = gather!(never())
        .deadline(at + SECOND)
        .timeout(SECOND)
        .runtime(clock.clone());
    let (alike, mixed) = both_end_by(alike, mixed, || clock.advance(SECOND));
    assert_eq!(why(alike), CancelReason::DeadlineExceeded);
    assert_eq!(why(mixed), CancelReason::DeadlineExceeded);
}

fn with_a_deadline_that_has_passed_nothing_is_polled() {
    let (clock, log) = (TestClock::new(), Log::new());
    let past = clock.now();
    let mut alike = by_hand(
        gather([log.traced("alike", never())])
            .deadline(past)
            .runtime(clock.clone()),
    );
    assert_eq!(why(alike.finish()), CancelReason::DeadlineExceeded);
    let mut mixed = by_hand(
        gather!(log.traced("mixed", never()))
            .deadline(past)
            .runtime(clock.clone()),
    );
    assert_eq!(why(mixed.finish()), CancelReason::DeadlineExceeded);
    assert_eq!(log.entries(), ["alike dropped", "mixed dropped"]);
}

fn a_token_passes_its_reason_on() {
    let token = CancelToken::new();
    let alike = gather([never()]).cancel_on(&token);
    let mixed = gather!(never()).cancel_on(token.clone());
    let (alike, mixed) = both_end_by(alike, mixed, || token.cancel_with("enough"));
    let enough = CancelReason::Requested(Some("enough".into()));
    assert_eq!((why(alike), why(mixed)), (enough.clone(), enough));
}

fn one_that_cancels_the_gather_it_is_in_ends_it_in_that_very_poll() {
    let log = Log::new();
    let cancels = |token: CancelToken| async move {
        token.cancel();
        never().await
    };
    let token = CancelToken::new();
    let futures = [true, false].map(|cancelling| {
        let token = token.clone();
        log.traced("alike", async move {
            if cancelling {
                cancels(token).await
            } else {
                never().await
            }
        })
    });
    let alike = by_hand(gather(futures).cancel_on(&token)).poll();
    assert!(matches!(alike, Poll::Ready(Err(error)) if error.reason() == &CancelReason::Requested(None)));
    assert_eq!(log.entries(), ["alike polled", "alike dropped", "alike dropped"]);

    log.clear();
    let token = CancelToken::new();
    let (one, other) = (log.traced("one", cancels(token.clone())), log.traced("other", never()));
    let mixed = by_hand(gather!(one, other).cancel_on(&token)).poll();
    assert!(matches!(mixed, Poll::Ready(Err(error)) if error.reason() == &CancelReason::Requested(None)));
    assert_eq!(log.entries(), ["one polled", "other dropped", "one dropped"]);
}

fn futures_that_hold_are_waited_for_until_the_grace_is_over() {
    let (clock, gate, log) = (TestClock::new(), Gate::new(), Log::new());
    let held = |name| log.traced(name, holds(&gate));
    let mut alike = by_hand(
        gather([held("alike")])
            .timeout(SECOND)
            .grace(SECOND)
            .runtime(clock.clone()),
    );
    let mut mixed = by_hand(
        gather!(held("mixed"), never())
            .timeout(SECOND)
            .grace(SECOND)
            .runtime(clock.clone()),
    );
    assert!(alike.poll_until_idle().is_pending() && mixed.poll_until_idle().is_pending());
    clock.advance(SECOND);
    log.clear();
    assert!(alike.poll_until_idle().is_pending() && mixed.poll_until_idle().is_pending());
    assert!(log.entries().is_empty(), "nothing woke the futures that hold");
    clock.advance(SECOND);
    assert_eq!(why(alike.finish()), CancelReason::DeadlineExceeded);
    assert_eq!(why(mixed.finish()), CancelReason::DeadlineExceeded);
    assert_eq!(log.entries(), ["alike dropped", "mixed dropped"]);
}

fn without_a_grace_futures_that_hold_are_waited_for_and_no_timer_is_kept() {
    let (clock, gate) = (TestClock::new(), Gate::new());
    let mut alike = by_hand(gather([holds(&gate)]).timeout(SECOND).runtime(clock.clone()));
    let mut mixed = by_hand(gather!(holds(&gate)).timeout(SECOND).runtime(clock.clone()));
    assert!(alike.poll_until_idle().is_pending() && mixed.poll_until_idle().is_pending());
    assert_eq!(clock.timers_alive(), 2);
    clock.advance(SECOND);
    assert!(alike.poll_until_idle().is_pending() && mixed.poll_until_idle().is_pending());
    assert_eq!(clock.timers_alive(), 0);
    clock.advance(1000 * SECOND);
    assert!(alike.poll_until_idle().is_pending() && mixed.poll_until_idle().is_pending());
    gate.open();
    assert_eq!(why(alike.finish()), CancelReason::DeadlineExceeded);
    assert_eq!(why(mixed.finish()), CancelReason::DeadlineExceeded);
}

fn with_a_grace_of_nothing_no_future_is_waited_for() {
    let (token, gate) = (CancelToken::new(), Gate::new());
    let alike = gather([holds(&gate)]).cancel_on(&token).grace(Duration::ZERO);
    let mixed = gather!(holds(&gate)).cancel_on(&token).grace(Duration::ZERO);
    let (alike, mixed) = both_end_by(alike, mixed, || token.cancel());
    assert_eq!(
        (why(alike), why(mixed)),
        (CancelReason::Requested(None), CancelReason::Requested(None))
    );
}

fn time_that_passes_while_futures_are_polled_is_seen() {
    let clock = TestClock::new();
    let takes_long = || async {
        clock.advance(SECOND);
        never().await
    };
    let mut alike = by_hand(gather([takes_long()]).timeout(SECOND).runtime(clock.clone()));
    assert_eq!(why(alike.finish()), CancelReason::DeadlineExceeded);
    let mut mixed = by_hand(gather!(takes_long()).timeout(SECOND).runtime(clock.clone()));
    assert_eq!(why(mixed.finish()), CancelReason::DeadlineExceeded);
}

fn a_limit_lets_the_next_one_start_when_one_has_ended() {
    let (gate, log) = (Gate::new(), Log::new());
    let work = |name| {
        let gate = &gate;
        log.traced(name, async move {
            gate.wait().await;
            Ok::<_, ()>(())
        })
    };
    let mut mixed = by_hand(gather!(work("a"), work("b"), work("c")).limit(2));
    assert!(mixed.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["a polled", "b polled"]);
    log.clear();
    gate.open();
    assert!(mixed.finish().is_ok());
    assert!(log.has("c polled"));
}

fn the_rate_of_different_types_is_kept() {
    let (clock, log) = (TestClock::new(), Log::new());
    let mut mixed = by_hand(
        gather!(
            log.traced("a", never()),
            log.traced("b", never()),
            log.traced("c", never()),
        )
        .rate(1, SECOND)
        .runtime(clock.clone()),
    );
    assert!(mixed.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["a polled"]);
    clock.advance(SECOND / 2);
    assert!(mixed.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["a polled"]);
    clock.advance(SECOND / 2);
    assert!(mixed.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["a polled", "b polled"]);
    clock.advance(SECOND);
    assert!(mixed.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["a polled", "b polled", "c polled"]);
}

fn options_may_come_after_the_mode() {
    let clock = TestClock::new();
    let alike = gather([never()])
        .settled()
        .timeout(SECOND)
        .runtime(clock.clone())
        .name("late");
    let mixed = gather!(never())
        .settled()
        .timeout(SECOND)
        .runtime(clock.clone())
        .name("late");
    let (alike, mixed) = both_end_by(alike, mixed, || clock.advance(SECOND));
    assert!(matches!(
        alike[..],
        [Err(TaskError::Cancelled(CancelReason::DeadlineExceeded))]
    ));
    assert!(matches!(
        mixed,
        (Err(TaskError::Cancelled(CancelReason::DeadlineExceeded)),)
    ));
}

polled_on_every_runtime!(
    a_deadline_is_an_instant_of_the_clock_of_the_runtime,
    of_two_deadlines_the_earlier_one_counts,
    with_a_deadline_that_has_passed_nothing_is_polled,
    a_token_passes_its_reason_on,
    one_that_cancels_the_gather_it_is_in_ends_it_in_that_very_poll,
    futures_that_hold_are_waited_for_until_the_grace_is_over,
    without_a_grace_futures_that_hold_are_waited_for_and_no_timer_is_kept,
    with_a_grace_of_nothing_no_future_is_waited_for,
    time_that_passes_while_futures_are_polled_is_seen,
    a_limit_lets_the_next_one_start_when_one_has_ended,
    the_rate_of_different_types_is_kept,
    options_may_come_after_the_mode,
);
