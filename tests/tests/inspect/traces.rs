//! What programs that read traces ask for, and how wide a drawing can be.

use std::time::Duration;

use purview::{
    fail_fast,
    inspect::{Options, Timeline},
    scope, shield,
};
use purview_tests::{by_hand, yields};
use serde_json::Value;

use crate::inspected;

/// The events of a trace.
pub(crate) fn events_of(timeline: &Timeline) -> Vec<Value> {
    let mut trace = Vec::new();
    timeline
        .write_chrome_trace(&mut trace)
        .expect("a vector can be written to");
    let mut trace: Value = serde_json::from_slice(&trace).expect("it is JSON");
    let events = trace["traceEvents"].take();
    events.as_array().expect("a list").clone()
}

/// Perfetto drops what overlaps something else of its track and is not inside of it.
#[track_caller]
fn assert_nested(events: &[Value]) {
    let time = |value: &Value| value.as_f64().expect("a number");
    let span = |event: &Value| (time(&event["ts"]), time(&event["ts"]) + time(&event["dur"]));
    let spans: Vec<&Value> = events.iter().filter(|event| event["ph"] == "X").collect();
    for (at, one) in spans.iter().enumerate() {
        for other in spans[at + 1..].iter().filter(|other| other["tid"] == one["tid"]) {
            let ((from, to), (from2, to2)) = (span(one), span(other));
            let crosses = (from < from2 && from2 < to && to < to2) || (from2 < from && from < to2 && to2 < to);
            assert!(!crosses, "{one}\n{other}");
        }
    }
}

#[test]
fn a_hold_that_begins_in_one_poll_and_ends_in_another_crosses_none_of_them() {
    let timeline = Timeline::new();
    let (_inspector, _installed, clock) = inspected(Options::new().observer(timeline.clone()));
    let second = Duration::from_secs(1);
    by_hand(fail_fast::<()>().name("run").run(async |s| {
        let clock = &clock;
        s.task().name("holds").spawn(async {
            clock.advance(second);
            shield(async {
                clock.advance(second);
                yields(1).await;
                clock.advance(second);
            })
            .await;
            clock.advance(second);
            Ok(())
        });
        Ok(())
    }))
    .finish()
    .expect("it does not fail");
    let events = &events_of(&timeline)[..];
    let holds = events
        .iter()
        .find(|event| event["name"] == "holds" && event["cat"] == "hold");
    assert_eq!(holds.map(|hold| hold["dur"].clone()), Some(2_000_000.0.into()));
    assert_nested(events);
    // The track of the holds says whose they are.
    let named = |event: &&Value| event["name"] == "thread_name" && event["args"]["name"] == "  holds (holds)";
    assert!(events.iter().find(named).is_some(), "{events:#?}");
}

#[test]
fn text_has_any_width_that_is_asked_for_up_to_a_bound() {
    let timeline = Timeline::new();
    let (_inspector, _installed, _) = inspected(Options::new().observer(timeline.clone()));
    by_hand(scope(async |_| {})).finish();
    for width in [0, 1, 40, 1000, 1 << 16, usize::MAX] {
        let text = timeline.to_text(width);
        let line = text.lines().next().expect("the scope");
        assert!(line.starts_with("scope ") && line.ends_with(" returned"), "{width}");
        let characters = line.chars().count();
        assert!(
            characters == width || width < 40 || characters < width.min(11_000),
            "{width}"
        );
    }
}

#[test]
fn a_scope_in_one_of_the_same_name_is_drawn_once() {
    let timeline = Timeline::new();
    let (_inspector, _installed, _) = inspected(Options::new().observer(timeline.clone()));
    let named = || fail_fast::<()>().name("again");
    by_hand(named().run(async |_| named().run(async |_| Ok(())).await.map_err(drop)))
        .finish()
        .expect("it does not fail");
    let drawn = timeline.within("again").to_text(60);
    assert_eq!(drawn.matches("again").count(), 2, "{drawn}");
}
