//! `crawl`: every page of the site accounted for, and none lost to the deadline.

mod program;

use std::collections::BTreeMap;

use program::{on_every_runtime, run, stderr, stdout};

/// The list of pages: what was said about each.
fn pages(report: &str) -> BTreeMap<&str, &str> {
    let lines = report.lines().filter(|line| line.starts_with("/page/"));
    lines.map(|line| line.split_once(' ').unwrap()).collect()
}

/// How many pages `what` was said about.
fn count(pages: &BTreeMap<&str, &str>, what: &str) -> usize {
    pages.values().filter(|said| said.contains(what)).count()
}

#[test]
fn every_page_is_accounted_for_on_every_runtime() {
    on_every_runtime(|runtime| {
        let output = run(
            "crawl",
            &[
                "--rate",
                "100000/1s",
                "--page-timeout",
                "5s",
                "--deadline",
                "10m",
                "--runtime",
                runtime,
            ],
        );
        let report = stdout(&output);
        let pages = pages(&report);
        assert_eq!(output.status.code(), Some(0), "{runtime}: {report}{}", stderr(&output));
        assert_eq!(pages.len(), 2000, "{runtime}");
        // So many of each kind are in `site.rs`.
        assert_eq!(count(&pages, " bytes "), 1983, "{runtime}");
        assert_eq!(
            count(&pages, "at attempt 3"),
            20,
            "{runtime}: flaky pages answer the third time"
        );
        assert_eq!(count(&pages, "status 500"), 9, "{runtime}");
        assert_eq!(count(&pages, "no page within 5s"), 3, "{runtime}: silent pages");
        assert_eq!(count(&pages, "redirects in a circle"), 5, "{runtime}");
    });
}

#[test]
fn without_retries_flaky_pages_stay_failed() {
    let output = run(
        "crawl",
        &[
            "--retries",
            "0",
            "--rate",
            "100000/1s",
            "--page-timeout",
            "5s",
            "--deadline",
            "10m",
        ],
    );
    let report = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(count(&pages(&report), "status 503"), 20);
}

#[test]
fn cut_by_the_deadline_it_prints_the_pages_it_has() {
    on_every_runtime(|runtime| {
        // No more than 30 pages may start before the deadline.
        let output = run("crawl", &["--rate", "30/1h", "--deadline", "3s", "--runtime", runtime]);
        let report = stdout(&output);
        assert_eq!(output.status.code(), Some(1), "{runtime}: {}", stderr(&output));
        assert!((1..=30).contains(&pages(&report).len()), "{runtime}: {report}");
        assert!(pages(&report).contains_key("/page/0"), "{runtime}: {report}");
        assert!(report.contains("stopped: deadline exceeded; "), "{runtime}: {report}");
    });
}

#[test]
fn a_deadline_that_has_come_before_the_first_page_is_reported() {
    on_every_runtime(|runtime| {
        let output = run("crawl", &["--deadline", "1ns", "--runtime", runtime]);
        assert_eq!(output.status.code(), Some(1), "{runtime}: {}", stderr(&output));
        let report = stdout(&output);
        assert!(report.contains("stopped: deadline exceeded; "), "{runtime}: {report}");
        assert!(pages(&report).is_empty(), "{runtime}: {report}");
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let output = program::run_on_a_full_disk("crawl", &["--deadline", "1ms"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("cannot write the report: "),
        "{}",
        stderr(&output)
    );
}

#[test]
fn bad_usage_names_the_value_and_the_remedy() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["--rate", "fast"], &["'fast'", "such as 1000/1s"]),
        (&["--rate", "0/1s"], &["'0/1s'", "such as 1000/1s"]),
        (&["--rate", "5/0s"], &["'5/0s'", "longer than zero"]),
        (&["--limit", "0"], &["'0'", "1 or more"]),
        (&["--deadline", "later"], &["'later'", "such as 500ms or 2s"]),
        (&["--retries", "-1"], &["-1"]),
        (
            &["--runtime", "rayon"],
            &["'rayon'", "embedded, tokio, smol, async-std"],
        ),
    ];
    for (args, expected) in cases {
        let output = run("crawl", args);
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {errors}");
        for part in *expected {
            assert!(errors.contains(part), "{args:?} lacks {part:?}: {errors}");
        }
    }
}

#[test]
fn a_limit_may_be_as_large_as_it_likes() {
    let limit = usize::MAX.to_string();
    let output = run(
        "crawl",
        &[
            "--limit",
            &limit,
            "--rate",
            "100000/1s",
            "--deadline",
            "1ms",
            "--summary",
        ],
    );
    assert!(stdout(&output).contains("pages"), "{}", stderr(&output));
}
