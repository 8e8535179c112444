//! The examples of this crate print what they are there to show.

use std::{
    env::consts::EXE_SUFFIX,
    path::{Path, PathBuf},
    process::Command,
};

/// The program of an example, which `cargo test` has put beside the folder this test runs from.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("tests are in `deps`")
        .join("examples");
    let program = folder.join(format!("{name}{EXE_SUFFIX}"));
    if !program.exists() {
        // `cargo test --test NAME` builds no examples.
        let target = folder
            .ancestors()
            .nth(2)
            .expect("a profile's folder is in the target folder");
        let built = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
            .args(["build", "--package", "purview", "--example", name, "--target-dir"])
            .arg(target)
            .status();
        assert!(
            built.is_ok_and(|status| status.success()) && program.exists(),
            "{} is missing; `cargo build --package purview --example {name}` makes it",
            program.display(),
        );
    }
    program
}

/// What an example prints.
fn printed(name: &str) -> String {
    let output = Command::new(program(name)).output().expect("the example starts");
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout).expect("examples print UTF-8")
}

#[test]
fn hello_starts_every_task_before_the_first_ends() {
    let text = printed("hello");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 7, "{text}");
    let told: Vec<&str> = lines[..6]
        .iter()
        .map(|line| line.split_once(": ").expect("a time and an event").1)
        .collect();
    let pages = ["/", "/guide", "/cookbook"];
    assert_eq!(told[..3], pages.map(|page| format!("{page} begins")));
    assert_eq!(told[3..], pages.map(|page| format!("{page} ends")));
    assert!(lines[6].starts_with("16 bytes in "), "{text}");
}

#[test]
fn circuit_breaker_tolerates_two_failures_and_drops_the_rest_at_the_third() {
    let text = printed("circuit_breaker");
    let (tolerant, opened) = text.split_once("\n\n").unwrap();
    assert!(
        tolerant.ends_with("10 of 12 answered, 2 failures tolerated"),
        "{tolerant}"
    );
    assert!(!tolerant.contains("dropped"), "{tolerant}");

    let lines: Vec<&str> = opened.lines().collect();
    let down = |n| format!("call {n:>2}: the service is down");
    let dropped = |n| format!("call {n:>2}: dropped");
    assert_eq!(lines[5..8], [down(5), down(6), down(7)]);
    assert_eq!(
        lines[8..13],
        [12, 11, 10, 9, 8].map(dropped),
        "newest first, none polled again"
    );
    assert!(
        lines[13].starts_with("the breaker opened: call 5, call 6, call 7 failed"),
        "{opened}"
    );
}
