//! What a timeline draws of a run.

use std::time::Duration;

use purview::{
    fail_fast, gather,
    inspect::{Options, Timeline},
    settled, shield, sleep,
};
use purview_tests::by_hand;

use crate::{inspected, never, traces::events_of};

const SECOND: Duration = Duration::from_secs(1);

/// A run of ten seconds: one child sleeps for four, one fails after ten, one is cancelled by that.
fn run() -> Timeline {
    let timeline = Timeline::new();
    let (_inspector, _installed, clock) = inspected(Options::new().observer(timeline.clone()));
    let mut run = by_hand(fail_fast::<&str>().name("run").run(async |s| {
        s.task().name("four").spawn(async {
            sleep(4 * SECOND).await;
            Ok(())
        });
        s.task().name("fails").spawn(async {
            shield(sleep(10 * SECOND)).await;
            Err::<(), _>("broken")
        });
        s.task().name("<never>").spawn(never());
        let pages = gather([4, 10].map(async |n| {
            sleep(n * SECOND).await;
            Ok::<_, &str>(n)
        }));
        pages.name("pages").await.map_err(|_| "pages")?;
        Ok(())
    }));
    for _ in 0..5 {
        assert!(run.poll_until_idle().is_pending());
        clock.advance(2 * SECOND);
    }
    assert!(run.poll_until_idle().is_ready());
    timeline
}

#[test]
fn as_text_each_task_has_a_line() {
    let text = run().to_text(60);
    let drawn: Vec<&str> = text.lines().map(str::trim_end).collect();
    let names_and_ends: Vec<_> = drawn
        .iter()
        .map(|line| (line.split_whitespace().next(), line.split_whitespace().last()))
        .filter_map(|(name, end)| Some((name?, end?)))
        .collect();
    let ended = |name: &str| {
        names_and_ends
            .iter()
            .find(|(drawn, _)| *drawn == name)
            .expect("it ran")
            .1
    };
    assert_eq!(ended("four"), "returned");
    assert_eq!(ended("fails"), "failed");
    assert_eq!(ended("<never>"), "cancelled");
    assert_eq!(ended("pages/0"), "returned");
    let names: Vec<_> = names_and_ends.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        ["run", "pages", "pages/0", "pages/1", "four", "fails", "<never>", "0"]
    );
    let indents: Vec<_> = drawn.iter().map(|line| line.len() - line.trim_start().len()).collect();
    assert_eq!(indents[..7], [0, 2, 4, 4, 2, 2, 2], "{drawn:#?}");
    let fails = drawn.iter().find(|line| line.contains("fails")).expect("it ran");
    assert!(fails.contains("█═══") && fails.contains("═█"), "{fails}");
    let four = drawn.iter().find(|line| line.contains("four")).expect("it ran");
    assert!(four.contains("█──") && four.contains("─█"), "{four}");
    assert!(drawn.last().is_some_and(|axis| axis.ends_with("10.0 s")), "{drawn:#?}");
}

#[test]
fn a_part_can_be_drawn_under_other_names() {
    let timeline = run()
        .within("pages")
        .labelled(|task| task.name().ends_with("/1").then(|| "ten".to_owned()));
    let drawn = timeline.to_text(60);
    let names: Vec<_> = drawn
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names, ["pages", "pages/0", "ten", "0"], "{drawn}");
}

#[test]
fn a_label_may_ask_the_timeline() {
    purview_tests::watched(|| {
        let timeline = run();
        let itself = timeline.clone();
        let labelled = timeline.labelled(move |task| Some(format!("{} of {}", task.name(), itself.left_out())));
        assert!(labelled.to_text(80).contains("fails of 0"));
    });
}

#[test]
fn what_is_spawned_before_its_scope_is_polled_is_drawn_then_and_later_where_it_is_driven() {
    let timeline = Timeline::new();
    let (_inspector, _installed, _) = inspected(Options::new().observer(timeline.clone()));
    let drawn = || {
        let text = timeline.to_text(60);
        let indent = |line: &str| line.len() - line.trim_start().len();
        let names = text
            .lines()
            .filter_map(|line| Some((indent(line), line.split_whitespace().next()?.to_owned())));
        names.filter(|(_, name)| name != "0").collect::<Vec<_>>()
    };
    let named = |rows: &[(usize, &str)]| {
        rows.iter()
            .map(|(at, name)| (*at, (*name).to_owned()))
            .collect::<Vec<_>>()
    };
    let (service, driver) = settled::<()>().name("service").open();
    service.task().name("early").spawn(never());
    assert_eq!(drawn(), named(&[(0, "service"), (2, "early")]));
    let mut run = by_hand(settled::<()>().name("around").run(async |s| {
        let whole = async { driver.await.map(drop).map_err(drop) };
        s.task().name("drives").spawn(whole);
        never().await
    }));
    assert!(run.poll_until_idle().is_pending());
    let rows = [(0, "around"), (2, "drives"), (4, "service"), (6, "early")];
    assert_eq!(drawn(), named(&rows));
}

#[test]
fn a_picture_needs_nothing_else_and_escapes_names() {
    let mut svg = Vec::new();
    run().write_svg(&mut svg).expect("a vector can be written to");
    let svg = String::from_utf8(svg).expect("it is text");
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("&lt;never&gt;") && !svg.contains("<never>"));
    assert!(!svg.contains("href"), "it loads nothing");
    for tag in ["g", "text", "title", "style"] {
        let count = |text: String| svg.matches(&text).count();
        assert_eq!(
            count(format!("<{tag}>")) + count(format!("<{tag} ")),
            count(format!("</{tag}>")),
            "{tag}"
        );
    }
    for name in ["run", "pages/0", "four"] {
        assert!(svg.contains(&format!(">{name}</text>")), "{svg}");
    }
    for meaning in ["waits for its turn", "alive", "polled", "holds", "scope"] {
        assert!(svg.contains(&format!(">{meaning}</text>")), "the legend: {svg}");
    }
    assert!(svg.contains("told to stop: a task failed"), "{svg}");
    assert!(svg.contains("timelines.rs:"), "where each was spawned is its title");
}

#[test]
fn a_trace_is_one_for_chrome() {
    let events = events_of(&run());
    let of = |phase: &str, name: &str| {
        let found = events
            .iter()
            .filter(|event| event["ph"] == phase && event["name"] == name);
        found.cloned().collect::<Vec<_>>()
    };
    let four = &of("X", "four")[0];
    assert_eq!((&four["ts"], &four["dur"]), (&0.0.into(), &4_000_000.0.into()));
    assert_eq!(four["args"]["ended"], "returned");
    assert_eq!(
        of("X", "poll").iter().filter(|poll| poll["tid"] == four["tid"]).count(),
        2
    );
    assert_eq!(of("X", "holds")[0]["dur"], 10_000_000.0);
    assert_eq!(of("i", "told to stop")[0]["args"]["reason"], "a task failed");
    let named = of("M", "thread_name")
        .iter()
        .any(|event| event["args"]["name"] == "  <never>");
    assert!(named);
}

#[test]
fn a_trace_shows_what_was_queued_and_escapes_names() {
    let timeline = Timeline::new();
    let (_inspector, _installed, clock) = inspected(Options::new().observer(timeline.clone()));
    let name = "a \"quoted\" \\ name\u{7}";
    let mut run = by_hand(settled::<()>().limit(1).run(async |s| {
        s.spawn(async {
            sleep(2 * SECOND).await;
            Ok(())
        });
        s.task().name(name).spawn(async { Ok(()) });
        Ok(())
    }));
    assert!(run.poll_until_idle().is_pending());
    clock.advance(2 * SECOND);
    assert!(run.finish().is_ok());
    let events = events_of(&timeline);
    let queued = events
        .iter()
        .find(|event| event["name"] == "queued")
        .expect("it waited");
    let named = events.iter().find(|event| event["ph"] == "X" && event["name"] == name);
    assert_eq!(queued["tid"], named.expect("it ran")["tid"]);
    assert_eq!((&queued["ts"], &queued["dur"]), (&0.0.into(), &2_000_000.0.into()));
}

#[test]
fn polls_beyond_the_bound_are_counted() {
    let timeline = Timeline::new().max_polls(3);
    let (_inspector, _installed, _) = inspected(Options::new().observer(timeline.clone()));
    by_hand(settled::<()>().run(async |s| {
        s.spawn(async {
            purview_tests::yields(9).await;
            Ok(())
        });
        Ok(())
    }))
    .finish()
    .expect("nothing fails");
    assert_eq!(timeline.left_out(), 8);
    assert!(timeline.to_text(60).ends_with("8 later polls were not kept\n"));
    let mut svg = Vec::new();
    timeline.write_svg(&mut svg).expect("memory takes it all");
    let svg = String::from_utf8(svg).expect("text");
    assert!(svg.contains("8 later polls are not shown"), "{svg}");
}

#[test]
fn a_panic_is_a_way_of_ending() {
    let timeline = Timeline::new();
    let (_inspector, _installed, _) = inspected(Options::new().observer(timeline.clone()));
    let mut run = by_hand(settled::<()>().name("run").run(async |s| {
        let task = s.task().name("panics").spawn(async {
            purview_tests::yields(1).await;
            panic!("in a child");
        });
        let task: purview::Task<Result<(), purview::TaskError<()>>> = task;
        assert!(task.await.is_err());
        Ok(())
    }));
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run.poll_until_idle()));
    let text = timeline.to_text(60);
    let line = text.lines().find(|line| line.contains("panics")).expect("it ran");
    assert!(line.trim_end().ends_with("panicked"), "{text}");
    let mut svg = Vec::new();
    timeline.write_svg(&mut svg).expect("memory takes it all");
    assert!(String::from_utf8(svg).expect("text").contains("panicked"));
}

#[test]
fn many_tasks_of_one_scope_have_a_line_for_each_way_of_ending() {
    let timeline = Timeline::new();
    let (_inspector, _installed, clock) = inspected(Options::new().observer(timeline.clone()));
    let mut run = by_hand(settled::<()>().name("run").timeout(4 * SECOND).run(async |s| {
        for n in 0..50 {
            s.spawn(async move {
                sleep(if n < 20 { 2 * SECOND } else { 100 * SECOND }).await;
                Ok(())
            });
        }
        Ok(())
    }));
    for _ in 0..2 {
        assert!(run.poll_until_idle().is_pending());
        clock.advance(2 * SECOND);
    }
    assert!(run.poll_until_idle().is_ready());
    let drawn = timeline.clone().max_rows(49).to_text(80);
    let lines: Vec<_> = drawn.lines().collect();
    assert_eq!(lines.len(), 4, "{drawn}");
    assert!(lines[1].starts_with("  20 tasks █"), "{drawn}");
    assert!(lines[1].ends_with(" returned, at most 20 at a time"), "{drawn}");
    assert!(lines[2].starts_with("  30 tasks █"), "{drawn}");
    assert!(lines[2].ends_with("█ cancelled, at most 30 at a time"), "{drawn}");
    assert_eq!(timeline.max_rows(50).to_text(80).lines().count(), 52);
}
