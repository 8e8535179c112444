//! What a snapshot looks like as text.

use std::{
    future::{pending, poll_fn, ready},
    task::Poll,
    time::Duration,
};

use futures::FutureExt;
use purview::{
    cancelled, fail_fast, gather,
    inspect::{Held, Options, Queued, Snapshot, State, WaitsFor},
    scope, settled, shield, sleep,
};
use purview_tests::{Gate, by_hand, yield_now};

use crate::{inspected, never, node};

#[test]
fn a_deep_line_shows_which_of_those_around_it_have_more_below() {
    let (inspector, _installed, _clock) = inspected(Options::new());
    let mut run = by_hand(scope(async |s| {
        for name in ["first", "last"] {
            s.task().name(name).spawn(scope(async |t| {
                t.task().name("leaf").spawn(pending::<()>()).await;
            }));
        }
        pending::<()>().await;
    }));
    assert!(run.poll_until_idle().is_pending());
    let text = inspector.snapshot().to_string();
    let before = |name: &str| -> Vec<&str> {
        let lines = text.lines().filter(|line| line.contains(&format!("child `{name}`")));
        lines
            .map(|line| line.split(char::is_alphabetic).next().unwrap_or(line))
            .collect()
    };
    assert_eq!(before("first"), ["├─ "], "{text}");
    assert_eq!(before("last"), ["└─ "], "{text}");
    assert_eq!(before("leaf"), ["│     └─ ", "      └─ "], "{text}");
}

#[test]
fn what_takes_long_is_shown_in_minutes_and_then_in_hours() {
    let (inspector, _installed, clock) = inspected(Options::new());
    let (service, driver) = settled::<()>().timeout(Duration::from_secs(24 * 3600)).open();
    let mut driver = by_hand(driver);
    service.task().name("child").spawn(never());
    assert!(driver.poll().is_pending());
    let shown = |step| {
        clock.advance(Duration::from_secs(step));
        inspector.snapshot().to_string()
    };
    let text = shown(119);
    assert!(text.contains("idle for 119.0 s"), "{text}");
    let text = shown(1);
    assert!(text.contains("idle for 2 min"), "{text}");
    let text = shown(7199 - 120);
    assert!(
        text.contains("idle for 120 min") && text.contains("deadline in 22.0 h"),
        "{text}"
    );
    let text = shown(1);
    assert!(text.contains("idle for 2.0 h"), "{text}");
}

#[test]
fn a_child_that_waits_for_its_rate_says_so() {
    let (inspector, _installed, _clock) = inspected(Options::new());
    let (service, driver) = fail_fast::<()>().rate(1, Duration::from_secs(60)).open();
    let mut driver = by_hand(driver);
    for name in ["begins", "waits"] {
        service.task().name(name).spawn(never());
    }
    assert!(driver.poll_until_idle().is_pending());
    let tree = inspector.snapshot();
    assert!(matches!(node(&tree, "begins").state, State::Idle(_)), "{tree}");
    assert_eq!(node(&tree, "waits").state, State::Queued(Queued::Rate), "{tree}");
}

const SECOND: Duration = Duration::from_secs(1);

/// The lines of a snapshot but for the places in the source, and but for the last, which says how long it took.
fn lines(tree: &Snapshot) -> Vec<String> {
    let text = tree.to_string();
    let lines = text
        .lines()
        .map(|line| match line.split_once(&format!("  {}:", file!())) {
            Some((title, rest)) => format!("{title} {}", rest.split_once("  ").map_or("", |(_, rest)| rest)),
            None => line.to_owned(),
        });
    let mut lines: Vec<_> = lines.collect();
    assert!(lines.pop().is_some_and(|last| last.starts_with("taken in ")), "{text}");
    lines
}

#[test]
fn each_state_each_wait_and_each_hold_has_words_of_its_own() {
    let states = [
        (State::Queued(Queued::Limit), "queued by the limit"),
        (State::Queued(Queued::Rate), "queued by the rate"),
        (State::Queued(Queued::Turn), "not started"),
        (State::Idle(SECOND), "idle for 1.0 s"),
        (State::Polled(SECOND / 20), "being polled for 50 ms"),
        (State::Running(SECOND / 200), "running for 5.0 ms"),
        (State::Open, "open"),
        (State::Scope, "running"),
        (State::NotPolled, "never polled"),
        (State::Ended, "ended"),
    ];
    for (state, words) in states {
        assert_eq!(state.to_string(), words);
    }
    let end = |scope: Option<&str>, driven| WaitsFor::End {
        scope: scope.map(str::to_owned),
        driven,
    };
    let waits = [
        (WaitsFor::Cancellation, "a cancellation"),
        (WaitsFor::Permit, "a permit"),
        (WaitsFor::Until(std::time::Instant::now()), "a sleep"),
        (WaitsFor::Item, "an item of a channel"),
        (WaitsFor::Room, "room in a channel"),
        (WaitsFor::Closure, "a blocking closure"),
        (end(Some("db"), true), "the end of scope `db`"),
        (
            end(Some("db"), false),
            "the end of scope `db`, whose driver is not polled",
        ),
        (end(None, true), "the end of a scope"),
        (end(None, false), "the end of a scope, whose driver is not polled"),
    ];
    for (wait, words) in waits {
        assert_eq!(wait.to_string(), words);
    }
    let mut run = by_hand(scope(async |s| s.task().name("job").spawn(async {}).info().clone()));
    let job = run.finish();
    assert_eq!(WaitsFor::Task(job.clone()).to_string(), "task `job`");
    assert_eq!(WaitsFor::Ready(job).to_string(), "`job` to be ready");
    let holds = [Held::Shield, Held::Finalizer, Held::Elsewhere].map(|held| held.to_string());
    assert_eq!(
        holds,
        [
            "a shield, or a wait for its cancellation",
            "a finalizer",
            "work on another thread"
        ]
    );
}

#[test]
fn a_line_says_what_it_is_how_old_what_it_does_and_what_it_waits_for() {
    let (inspector, _installed, clock) = inspected(Options::new().wakers(true));
    let gate = Gate::new();
    let time = clock.clone();
    let run = settled::<()>()
        .name("run")
        .limit(5)
        .timeout(60 * SECOND)
        .run(async |s| {
            s.task().name("two").spawn(async {
                futures::future::select(Box::pin(sleep(30 * SECOND)), Box::pin(cancelled())).await;
                Ok(())
            });
            s.task().name("gate").spawn(async {
                time.advance(2 * SECOND);
                yield_now().await;
                time.advance(SECOND);
                shield(gate.wait()).await;
                Ok(())
            });
            s.task()
                .name("lost")
                .spawn(poll_fn(|_| Poll::<Result<(), ()>>::Pending));
            s.task().name("nests").spawn(async {
                scope(async |_| pending::<()>().await).await;
                Ok(())
            });
            let known = s.task().name("known").spawn(async {
                let members = [ready(()).left_future(), pending().right_future()];
                gather(members.map(|member| member.map(Ok::<_, ()>)))
                    .name("all")
                    .await
                    .map(drop)
                    .map_err(drop)
            });
            s.task().name("late").spawn(never());
            let _ = known.await;
            Ok(())
        });
    let mut run = by_hand(run);
    assert!(run.poll_until_idle().is_pending());
    clock.advance(4 * SECOND);
    assert_eq!(
        lines(&inspector.snapshot()),
        [
            "scope `run` age 7.0 s, running, deadline in 53.0 s",
            "├─ body `run` age 7.0 s, idle for 7.0 s, waits for task `known`, polls 1 busy 0 s, wakers 1",
            "├─ child `two` age 7.0 s, idle for 7.0 s, waits for a sleep or a cancellation, polls 1 busy 0 s, wakers 2",
            "├─ child `gate` age 7.0 s, idle for 4.0 s, waits for an outside wake, polls 2 busy 3.0 s longest 2.0 s, \
             wakers 1, holds for 4.0 s: a shield, or a wait for its cancellation",
            "├─ child `lost` age 7.0 s, idle for 5.0 s, waits for an outside wake, polls 1 busy 0 s, no waker alive",
            "├─ child `nests` age 7.0 s, idle for 5.0 s, polls 1 busy 0 s, wakers 1",
            "│  └─ scope age 5.0 s, running, deadline in 53.0 s",
            "│     └─ body `nests` age 5.0 s, idle for 5.0 s, waits for an outside wake, polls 1 busy 0 s, no waker alive",
            "├─ child `known` age 7.0 s, idle for 5.0 s, polls 1 busy 0 s, wakers 1",
            "│  └─ gather 1/2 `all` age 5.0 s, running, deadline in 53.0 s",
            "│     └─ member `all/1` age 5.0 s, idle for 5.0 s, waits for an outside wake, polls 1 busy 0 s, no waker alive",
            "└─ child `late` age 7.0 s, queued by the limit",
        ]
    );
}

#[test]
fn a_line_says_that_it_was_told_to_stop_until_when_and_whether_it_was_polled_since() {
    let (inspector, _installed, clock) = inspected(Options::new());
    let gate = Gate::new();
    let (service, driver) = settled::<()>().name("service").grace(60 * SECOND).open();
    let mut driver = by_hand(driver);
    let holds = |name, gate: Gate| {
        service.task().name(name).spawn::<(), _>(shield(async move {
            loop {
                gate.wait().await;
            }
        }))
    };
    let alone = holds("alone", Gate::new());
    drop((holds("polled since", gate.clone()), holds("deaf", Gate::new())));
    assert!(driver.poll_until_idle().is_pending());
    let told = || -> Vec<String> {
        let lines = lines(&inspector.snapshot()).into_iter();
        let told = lines.filter_map(|line| Some(line.split_once(", told to stop ")?.1.to_owned()));
        told.collect()
    };
    alone.cancel();
    clock.advance(SECOND);
    assert_eq!(told(), ["1.0 s ago: cancelled on request, not polled since"]);
    // It was woken, so that what is inside may look.
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(told(), ["1.0 s ago: cancelled on request"]);
    service.cancel_with("enough");
    assert!(driver.poll_until_idle().is_pending());
    clock.advance(SECOND);
    gate.wake();
    assert!(driver.poll_until_idle().is_pending());
    assert_eq!(
        told(),
        [
            "1.0 s ago: cancelled on request: enough, in grace for 59.0 s",
            "2.0 s ago: cancelled on request, in grace for 59.0 s",
            "1.0 s ago: cancelled on request: enough, in grace for 59.0 s",
            "1.0 s ago: cancelled on request: enough, not polled since, in grace for 59.0 s",
        ]
    );
}
