//! What a snapshot looks like as text.

use std::time::Duration;

use purview::{
    fail_fast,
    inspect::{Options, Queued, State},
    scope, settled,
};
use purview_tests::by_hand;

use crate::{inspected, never, node};

#[test]
fn a_deep_line_shows_which_of_those_around_it_have_more_below() {
    let (inspector, _installed, _clock) = inspected(Options::new());
    let mut run = by_hand(scope(async |s| {
        for name in ["first", "last"] {
            s.task().name(name).spawn(scope(async |t| {
                t.task().name("leaf").spawn(std::future::pending::<()>()).await;
            }));
        }
        std::future::pending::<()>().await;
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
