//! Races: the first to end, the first to succeed, and the first so many.

use std::{
    fmt::Debug,
    future::{pending, ready},
    time::Duration,
};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use purview::{CancelReason, CancelToken, Empty, ScopeError, TaskError, gather, gather_stream, sleep};
use purview_tests::{Gate, Log, PollCount, TestClock, by_hand, on_every_runtime, polled_on_every_runtime, yields};

const SECOND: Duration = Duration::from_secs(1);

type Entrant<'a> = BoxFuture<'a, Result<u32, &'static str>>;

/// Yields so often, and then ends like that.
fn after(turns: usize, result: Result<u32, &'static str>) -> Entrant<'static> {
    yields(turns).map(move |()| result).boxed()
}

fn never() -> Entrant<'static> {
    pending().boxed()
}

fn panicking() -> Entrant<'static> {
    async { panic!("boom") }.boxed()
}

#[track_caller]
fn assert_error<T: Debug>(result: Result<T, ScopeError<&str>>, reason: &CancelReason, failures: &[&str]) {
    let error = result.expect_err("no future should have won");
    assert_eq!(error.reason(), reason);
    let seen: Vec<_> = error.failures().iter().map(ToString::to_string).collect();
    assert_eq!(seen, failures);
}

async fn the_first_to_end_wins_and_the_losers_are_dropped() {
    let log = Log::new();
    let entrants = [log.traced("loser", never()), log.traced("winner", after(2, Err("no")))];
    let (index, result) = gather(entrants).first().await.expect("two entrants");
    assert_eq!(index, 1);
    assert!(matches!(result, Err(TaskError::Failed("no"))));
    assert!(log.has("loser dropped"));

    let (index, result) = gather([never(), panicking()]).first().await.expect("two entrants");
    assert_eq!(index, 1);
    assert!(matches!(result, Err(TaskError::Panicked(panic)) if panic.message() == Some("boom")));
}

async fn the_first_success_wins_though_others_have_failed_before() {
    let entrants = [
        never(),
        after(0, Err("no")),
        panicking(),
        after(3, Ok(3)),
        after(4, Ok(4)),
    ];
    assert_eq!(gather(entrants).first_success().await.ok(), Some((3, 3)));
}

async fn a_race_in_which_all_fail_names_all_of_them() {
    let lost = gather([after(2, Err("b")), after(1, Err("a")), panicking()])
        .name("race")
        .first_success()
        .await;
    assert_error(
        lost,
        &CancelReason::Failed,
        &["race/2 panicked: boom", "race/1: a", "race/0: b"],
    );
}

async fn without_entrants_there_is_an_error_at_once() {
    assert_eq!(gather([] as [Entrant<'_>; 0]).first().await.err(), Some(Empty));
    assert_error(
        gather([] as [Entrant<'_>; 0]).first_success().await,
        &CancelReason::Ended,
        &[],
    );
    assert_eq!(
        gather_stream(stream::empty::<Entrant<'_>>()).first().await.err(),
        Some(Empty)
    );
    let lost = gather_stream(stream::empty::<Entrant<'_>>()).first_success().await;
    assert_error(lost, &CancelReason::Ended, &[]);
}

async fn a_quorum_is_the_first_so_many_in_the_order_they_came() {
    let entrants = [
        after(4, Ok(0)),
        after(1, Err("no")),
        after(3, Ok(2)),
        after(2, Ok(3)),
        never(),
    ];
    assert_eq!(gather(entrants).quorum(2).await.ok(), Some(vec![(3, 3), (2, 2)]));
    let entrants = [after(2, Ok(0)), after(1, Ok(1))];
    assert_eq!(gather(entrants).quorum(2).await.ok(), Some(vec![(1, 1), (0, 0)]));
}

fn a_quorum_out_of_reach_fails_at_once() {
    let entrants = [after(2, Err("b")), never(), after(1, Err("a")), never()];
    let mut quorum = by_hand(gather(entrants).quorum(3));
    assert_error(quorum.finish(), &CancelReason::Failed, &["task-2: a", "task-0: b"]);

    let entrants = [after(1, Err("a")), after(2, Ok(1)), panicking(), never()];
    let mut quorum = by_hand(gather(entrants).quorum(3));
    assert_error(
        quorum.finish(),
        &CancelReason::Failed,
        &["task-2 panicked: boom", "task-0: a"],
    );
}

fn a_quorum_of_more_than_there_are_fails_unpolled() {
    let polls = PollCount::new();
    let mut quorum = by_hand(gather([(); 3].map(|()| polls.of(never()))).quorum(4));
    assert_error(quorum.finish(), &CancelReason::Ended, &[]);
    assert_eq!(polls.get(), 0);
}

fn a_quorum_of_none_is_ready_unpolled() {
    let polls = PollCount::new();
    let mut quorum = by_hand(gather([(); 3].map(|()| polls.of(never()))).quorum(0));
    assert_eq!(quorum.finish().ok(), Some(vec![]));
    let mut quorum = by_hand(gather([] as [Entrant<'_>; 0]).quorum(0));
    assert_eq!(quorum.finish().ok(), Some(vec![]));
    let mut quorum = by_hand(gather_stream(stream::pending::<Entrant<'_>>()).quorum(0));
    assert_eq!(quorum.finish().ok(), Some(vec![]));
    assert_eq!(polls.get(), 0);
}

/// How many a stream has is only known when it ends; from then on a quorum may be out of reach.
fn the_end_of_a_stream_may_put_a_quorum_out_of_reach() {
    let gate = Gate::new();
    let ends = || gate.wait().into_stream().filter_map(|()| ready(None::<Entrant<'_>>));

    let mut quorum = by_hand(gather_stream(stream::iter([never(), never()]).chain(ends())).quorum(3));
    assert!(quorum.poll_until_idle().is_pending());
    gate.open();
    assert_error(quorum.finish(), &CancelReason::Ended, &[]);

    let entrants = || stream::iter([never(), after(0, Err("no")), after(1, Ok(1))]);
    let mut quorum = by_hand(gather_stream(entrants().chain(ends())).quorum(3));
    assert_error(quorum.finish(), &CancelReason::Failed, &["task-1: no"]);
    let mut quorum = by_hand(gather_stream(stream::iter([after(0, Ok(0)), after(1, Ok(1))])).quorum(3));
    assert_error(quorum.finish(), &CancelReason::Ended, &[]);
    let mut first = by_hand(gather_stream(entrants().chain(ends())).first_success());
    assert_eq!(first.finish().ok(), Some((2, 1)));
}

fn at_the_deadline_a_race_says_so() {
    let clock = TestClock::new();
    let late = || gather([never(), never()]).timeout(SECOND).runtime(clock.clone());
    let mut first = by_hand(late().first());
    let mut success = by_hand(
        gather([never(), after(0, Err("no"))])
            .timeout(SECOND)
            .runtime(clock.clone())
            .first_success(),
    );
    let mut quorum = by_hand(late().quorum(2));
    let mut stream = by_hand(
        gather_stream(stream::pending::<Entrant<'_>>())
            .timeout(SECOND)
            .runtime(clock.clone())
            .first(),
    );
    assert!(first.poll_until_idle().is_pending());
    assert!(success.poll_until_idle().is_pending());
    assert!(quorum.poll_until_idle().is_pending());
    assert!(stream.poll_until_idle().is_pending());
    clock.advance(SECOND);
    let late = |first| {
        matches!(
            first,
            Ok((0, Err(TaskError::Cancelled(CancelReason::DeadlineExceeded))))
        )
    };
    assert!(late(first.finish()));
    assert!(late(stream.finish()));
    assert_error(success.finish(), &CancelReason::DeadlineExceeded, &["task-1: no"]);
    assert_error(quorum.finish(), &CancelReason::DeadlineExceeded, &[]);
}

fn a_race_that_is_cancelled_says_why() {
    let token = CancelToken::new();
    token.cancel_with("shutdown");
    let polls = PollCount::new();
    let reason = CancelReason::Requested(Some("shutdown".into()));
    let cancelled = || gather([polls.of(never())]).cancel_on(&token);
    let first = by_hand(cancelled().first()).finish();
    assert!(matches!(first, Ok((0, Err(TaskError::Cancelled(why)))) if why == reason));
    assert_error(by_hand(cancelled().first_success()).finish(), &reason, &[]);
    assert_error(by_hand(cancelled().quorum(1)).finish(), &reason, &[]);
    assert_eq!(polls.get(), 0);
}

fn under_a_limit_the_next_one_starts_when_one_has_failed() {
    let (log, gate) = (Log::new(), Gate::new());
    let opens = &gate;
    let entrants = ["a", "b", "c"].map(|name| {
        log.traced(name, async move {
            if name == "a" {
                return Err("no");
            }
            opens.wait().await;
            Ok(name)
        })
    });
    let mut race = by_hand(gather(entrants).limit(1).first_success());
    assert!(race.poll_until_idle().is_pending());
    assert_eq!(log.entries(), ["a polled", "a dropped", "b polled"]);
    gate.open();
    assert_eq!(race.finish().ok(), Some((1, "b")));
    assert!(!log.has("c polled") && log.has("c dropped"));
}

/// The happy-eyeballs pattern: the next attempt after a while, the first success wins.
fn attempts_may_be_staggered() {
    let clock = TestClock::new();
    let attempts = (0..5).map(async |n| {
        sleep(n * SECOND).await;
        if n < 2 { Err(n) } else { Ok(n) }
    });
    let mut race = by_hand(gather(attempts).runtime(clock.clone()).first_success());
    for _ in 0..2 {
        assert!(race.poll_until_idle().is_pending());
        clock.advance(SECOND);
    }
    assert_eq!(race.finish().ok().map(|won| won.1), Some(2));
}

on_every_runtime!(
    the_first_to_end_wins_and_the_losers_are_dropped,
    the_first_success_wins_though_others_have_failed_before,
    a_race_in_which_all_fail_names_all_of_them,
    without_entrants_there_is_an_error_at_once,
    a_quorum_is_the_first_so_many_in_the_order_they_came,
);
polled_on_every_runtime!(
    attempts_may_be_staggered,
    a_quorum_out_of_reach_fails_at_once,
    a_quorum_of_more_than_there_are_fails_unpolled,
    a_quorum_of_none_is_ready_unpolled,
    the_end_of_a_stream_may_put_a_quorum_out_of_reach,
    at_the_deadline_a_race_says_so,
    a_race_that_is_cancelled_says_why,
    under_a_limit_the_next_one_starts_when_one_has_failed,
);
