//! Names and reasons are the program's, and may come from its users: what is drawn and reported keeps its shape.

use std::{future::pending, time::Duration};

use purview::{
    CancelToken, fail_fast,
    inspect::{Observer, Options, Report, Snapshot, Spawned, Timeline},
};
use purview_tests::by_hand;

use crate::{Reports, inspected, never};

/// Line breaks, a colour, the end of a C string, and what no XML may have.
const HOSTILE: &str = "a\nb\r\u{1b}[31m\0\u{2028}\u{fffe}<&>\"";

/// A scope of that name with a child of that name that waits for another, stopped for that reason.
fn run() -> (Snapshot, Timeline, Reports) {
    let (timeline, reports) = (Timeline::new(), Reports::default());
    let options = Options::new()
        .observer(timeline.clone())
        .observer(reports.clone())
        .slow_poll(Duration::ZERO)
        .held_up(Duration::ZERO);
    let (inspector, _installed, _) = inspected(options);
    let token = CancelToken::new();
    let mut run = by_hand(fail_fast::<()>().name(HOSTILE).cancel_on(&token).run(async |s| {
        let first = s.task().name(HOSTILE).spawn(purview::shield(never::<()>()));
        first.await;
        pending::<Result<(), ()>>().await
    }));
    assert!(run.poll_until_idle().is_pending());
    token.cancel_with(HOSTILE);
    assert!(run.poll_until_idle().is_pending());
    purview::inspect::check();
    (inspector.snapshot(), timeline, reports)
}

fn is_one_line(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || c == '\u{2028}')
}

#[test]
fn each_task_has_one_line_whatever_its_name() {
    let (tree, timeline, reports) = run();
    let text = tree.to_string();
    assert_eq!(text.split('\n').count(), tree.nodes().len() + 2, "{text}");
    assert!(text.split('\n').all(is_one_line), "{text:?}");
    assert!(text.contains("`a\\nb\\r\\u{1b}[31m\\0\\u{2028}"), "{text}");
    assert!(tree.find(HOSTILE).is_some(), "the name itself is as it was given");
    let drawn = timeline.to_text(80);
    assert!(drawn.split('\n').all(is_one_line), "{drawn:?}");
    let lines = reports.lines();
    assert!(lines.iter().any(|line| line.starts_with("held up")), "{lines:?}");
    assert!(lines.iter().all(|line| is_one_line(line)), "{lines:?}");
}

#[test]
fn a_picture_has_no_character_that_xml_forbids() {
    let (_, timeline, _) = run();
    let mut svg = Vec::new();
    timeline.write_svg(&mut svg).expect("a vector can be written to");
    let svg = String::from_utf8(svg).expect("it is text");
    let forbidden = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    assert_eq!(svg.find(forbidden), None);
    assert!(svg.contains("&lt;&amp;&gt;"), "{svg}");
}

/// Panics with a message of several lines.
struct Verbose;

impl Observer for Verbose {
    fn spawned(&self, _: &Spawned<'_>) {
        panic!("left: 1\nright: 2");
    }
}

#[test]
fn a_panic_of_an_observer_is_reported_in_one_line() {
    let reports = Reports::default();
    let (_inspector, _installed, _) = inspected(Options::new().observer(Verbose).observer(reports.clone()));
    by_hand(purview::scope(async |_| {})).finish();
    let kept: Vec<Report> = reports.lock().0.clone();
    assert!(matches!(&kept[..], [Report::ObserverPanicked { message }] if message == "left: 1\nright: 2"));
    assert!(kept[0].to_string().ends_with("left: 1\\nright: 2"), "{}", kept[0]);
}
